// The types that core.bpf.o is relocated against.
#include "head.h"

struct moved { u64 more[3]; u32 field; u32 head; };
enum numbers { ZERO, ONE = 0x11 };
struct moved a;
enum numbers b;

SEC("raw") u64 keep(void *p, u64 n) { return a.field + b; }
