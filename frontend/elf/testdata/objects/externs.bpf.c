// What an object declares and the loader provides.
#include "head.h"

enum libbpf_tristate { TRI_NO, TRI_YES, TRI_MODULE };
struct rq { int cpu; };

extern int LINUX_KERNEL_VERSION __extern(".kconfig");
extern int CONFIG_HZ __extern(".kconfig");
extern _Bool CONFIG_BPF __extern(".kconfig") __weak;
extern enum libbpf_tristate CONFIG_XDP __extern(".kconfig");
extern const char CONFIG_NAME[8] __extern(".kconfig");
extern const struct rq runqueues __extern(".ksyms");
extern const void bpf_link_fops __extern(".ksyms");
extern const void missing __extern(".ksyms") __weak;
extern int kernel_function(int) __extern(".ksyms");
extern int perhaps(int) __extern(".ksyms") __weak;

SEC("xdp") int config(struct xdp_md *ctx)
{
	return LINUX_KERNEL_VERSION + CONFIG_HZ + CONFIG_BPF + CONFIG_XDP + CONFIG_NAME[2];
}

SEC("xdp") int symbols(struct xdp_md *ctx)
{
	return ((u64)&runqueues ^ (u64)&bpf_link_fops) + (&missing != 0);
}

SEC("xdp") int functions(struct xdp_md *ctx)
{
	if (perhaps)
		return perhaps(1);
	return kernel_function(kernel_function(2));
}

SEC("xdp") int memory(struct xdp_md *ctx)
{
	char a[16];
	asm volatile("r1 = %0; r2 = 0; r3 = 16; call memset" :: "r"(a) : "r0", "r1", "r2", "r3", "r4", "r5", "memory");
	asm volatile("r1 = %0; r2 = r1; r3 = 8; call memcmp" :: "r"(a) : "r0", "r1", "r2", "r3", "r4", "r5", "memory");
	return a[3];
}
