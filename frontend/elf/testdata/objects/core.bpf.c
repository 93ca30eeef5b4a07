// CO-RE relocations, applied against target.bpf.o or left alone.
#include "head.h"

struct moved { u32 head; u32 field; } __attribute__((preserve_access_index));
struct gone { u32 field; } __attribute__((preserve_access_index));
enum numbers { ONE = 1 };
enum size_kind { SIZE = 1 };
enum value_kind { EXISTS = 0, VALUE = 1 };

SEC("raw") u64 access(struct moved *m, u64 n)
{
	return m->field + __builtin_preserve_type_info(*(struct moved *)0, SIZE);
}

SEC("raw") u64 numbers(void *p, u64 n)
{
	return __builtin_preserve_enum_value(*(enum numbers *)ONE, VALUE);
}

SEC("raw") u64 poisoned(struct gone *g, u64 n)
{
	if (__builtin_preserve_field_info(g->field, 2))
		return g->field;
	return 7;
}
