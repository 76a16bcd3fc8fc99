# Lists.
{ lib }:

rec {
  inherit (builtins)
    all
    any
    concatLists
    concatMap
    elem
    elemAt
    filter
    foldl'
    genList
    head
    isList
    length
    map
    partition
    sort
    tail
    groupBy
    ;

  singleton = x: [ x ];
  optional = condition: x: if condition then [ x ] else [ ];
  optionals = condition: list: if condition then list else [ ];
  toList = x: if isList x then x else [ x ];
  forEach = list: f: map f list;

  foldr =
    op: nul: list:
    if list == [ ] then nul else op (head list) (foldr op nul (tail list));
  foldl = foldl';
  imap0 = f: list: genList (n: f n (elemAt list n)) (length list);
  imap1 = f: imap0 (n: f (n + 1));
  range = first: last: if first > last then [ ] else genList (n: first + n) (last - first + 1);
  replicate = n: x: genList (_: x) n;

  last =
    list:
    assert lib.assertMsg (list != [ ]) "lists.last: the list is empty";
    elemAt list (length list - 1);
  init =
    list:
    assert lib.assertMsg (list != [ ]) "lists.init: the list is empty";
    take (length list - 1) list;
  take = n: sublist 0 n;
  drop = n: list: sublist n (length list) list;
  sublist =
    start: count: list:
    let
      rest = length list - start;
    in
    genList (n: elemAt list (start + n)) (
      if rest <= 0 then
        0
      else if count > rest then
        rest
      else
        count
    );
  reverseList =
    list:
    let
      n = length list;
    in
    genList (i: elemAt list (n - i - 1)) n;

  flatten = x: if isList x then concatMap flatten x else [ x ];
  remove = x: filter (y: y != x);
  unique = foldl' (seen: x: if elem x seen then seen else seen ++ [ x ]) [ ];
  allUnique = list: length (unique list) == length list;
  subtractLists = minus: filter (x: !elem x minus);
  intersectLists = other: filter (x: elem x other);
  mutuallyExclusive = a: b: !any (x: elem x b) a;
  count = pred: list: length (filter pred list);
  findFirst =
    pred: default: list:
    let
      found = filter pred list;
    in
    if found == [ ] then default else head found;
  findSingle =
    pred: default: multiple: list:
    let
      found = filter pred list;
    in
    if found == [ ] then
      default
    else if length found == 1 then
      head found
    else
      multiple;

  naturalSort = sort lib.versionOlder;
  sortOn = f: sort (a: b: f a < f b);
  zipListsWith =
    f: a: b:
    genList (n: f (elemAt a n) (elemAt b n)) (lib.min (length a) (length b));
  zipLists = zipListsWith (fst: snd: { inherit fst snd; });
  compareLists =
    cmp: a: b:
    if a == [ ] then
      if b == [ ] then 0 else -1
    else if b == [ ] then
      1
    else
      let
        order = cmp (head a) (head b);
      in
      if order == 0 then compareLists cmp (tail a) (tail b) else order;
  crossLists = f: foldl' (fs: args: concatMap (f: map f args) fs) [ f ];
}
