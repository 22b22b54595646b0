// A function that is linked from elsewhere (go:linkname) has no body; the compiler takes that where a package holds assembly.
