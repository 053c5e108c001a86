"""The Common Expression Language as Kubernetes uses it: checked and run by cel-cpp, with Kubernetes' functions.

`compiling` is the front. An expression is checked against typed declarations, its syntax tree is rewritten so that
whatever could grow or take long pays from a budget, and the result is planned once for evaluation. The library is
imported when the first expression is compiled; a server without expressions never pays for it.
"""
