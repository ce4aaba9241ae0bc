#!/usr/bin/env python3
"""Prints storage/name_fold_tables.inc from Python's Unicode data: simple case folds as
ranges, canonical decompositions as pairs.  Basic Multilingual Plane only."""
import unicodedata


def fold(cp):
    text = chr(cp).casefold()
    return ord(text) if len(text) == 1 else ord(chr(cp).lower()[0])


def fold_ranges():
    moved = [(cp, fold(cp) - cp) for cp in range(0x80, 0x10000)
             if not 0xD800 <= cp < 0xE000 and fold(cp) != cp and fold(cp) < 0x10000]
    ranges = []
    for cp, delta in moved:
        if ranges:
            first, last, step, by = ranges[-1]
            gap = cp - last
            if by == delta and gap in (1, 2) and (first == last or gap == step):
                ranges[-1] = (first, cp, gap, by)
                continue
        ranges.append((cp, cp, 1, delta))
    return ranges


def decompositions():
    for cp in range(0x80, 0x10000):
        parts = unicodedata.decomposition(chr(cp)).split()
        if parts and not parts[0].startswith("<") and all(int(p, 16) < 0x10000 for p in parts):
            yield cp, int(parts[0], 16), int(parts[1], 16) if len(parts) > 1 else 0


def rows(items, per_line):
    items = list(items)
    for at in range(0, len(items), per_line):
        print("    " + " ".join(items[at:at + per_line]))


print("// Made by storage/name_fold_tables.py, Unicode %s; not edited by hand." %
      unicodedata.unidata_version)
print("// clang-format off")
print("constexpr FoldRange kFolds[] = {")
rows(("{0x%04x,0x%04x,%d,%d}," % r for r in fold_ranges()), 4)
print("};\nconstexpr Decomposition kDecompositions[] = {")
rows(("{%#x,%#x,%#x}," % d for d in decompositions()), 5)
print("};\n// clang-format on")
