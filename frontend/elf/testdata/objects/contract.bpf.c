// Global functions by their contract, several programs in a section, static
// functions of one name.
#include "head.h"

struct pair { u32 a, b; };
struct bpf_dynptr { u64 opaque[2]; };
typedef struct xdp_md ctx_t;
enum colour { RED, GREEN };

__noinline int all(ctx_t *ctx, const struct pair *p, struct pair *q __tag("arg:nonnull"), enum colour c, u8 small)
{
	asm volatile("");
	return ctx->data + (p ? p->a : 0) + q->b + c + small;
}

__noinline void nothing(struct bpf_dynptr *d, void *what, u64 *mine __tag("arg:ctx"))
{
	asm volatile("");
}

__weak __noinline int weak(int n) { asm volatile(""); return n; }
__hidden __noinline int hidden(int n) { asm volatile(""); return n + 1; }
static __noinline int helper(int n) { asm volatile(""); return n + 2; }

SEC("xdp") int one(struct xdp_md *ctx)
{
	struct pair p = {1, 2};

	nothing(0, 0, 0);
	return all(ctx, &p, &p, GREEN, 3) + weak(4) + hidden(5) + helper(6);
}

SEC("xdp") static __noinline int beside(int n) { asm volatile(""); return n + 3; }
SEC("xdp") int two(struct xdp_md *ctx) { return beside(7) + helper(8); }
