#pragma once

// PERIGEE_FAST makes a function twice: for every processor, and for those with wider registers, which are most; which of
// them is called is decided when the program starts.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__gnu_linux__)
#define PERIGEE_FAST __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define PERIGEE_FAST
#endif
