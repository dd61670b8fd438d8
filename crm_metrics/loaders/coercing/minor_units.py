"""How many digits of a currency lie behind the point, for amounts that are given in its smallest unit; 2 for all others.

As payment providers count: ISK and UGX have no smaller unit any more, but their amounts still have two digits.
"""

_NONE = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
_THREE = "BHD JOD KWD OMR TND"

DIGITS = {**dict.fromkeys(_NONE.split(), 0), **dict.fromkeys(_THREE.split(), 3)}
