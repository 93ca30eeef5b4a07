package interp

import "github.com/bpf2go-native/bpf2go-native/bpf"

// dispatch is indexed by operation.
var dispatch = [bpf.NumOps]func(*run, *bpf.Instruction) error{
	bpf.OpInvalid: (*run).invalid,

	bpf.OpAdd: (*run).alu, bpf.OpSub: (*run).alu, bpf.OpMul: (*run).alu, bpf.OpDiv: (*run).alu, bpf.OpSdiv: (*run).alu,
	bpf.OpMod: (*run).alu, bpf.OpSmod: (*run).alu, bpf.OpOr: (*run).alu, bpf.OpAnd: (*run).alu, bpf.OpXor: (*run).alu,
	bpf.OpLsh: (*run).alu, bpf.OpRsh: (*run).alu, bpf.OpArsh: (*run).alu,
	bpf.OpNeg: (*run).neg, bpf.OpMov: (*run).mov, bpf.OpMovsx: (*run).movsx,
	bpf.OpToLE: (*run).swap, bpf.OpToBE: (*run).swap, bpf.OpBswap: (*run).swap,

	bpf.OpJa: (*run).jump, bpf.OpJeq: (*run).branch, bpf.OpJne: (*run).branch, bpf.OpJgt: (*run).branch, bpf.OpJge: (*run).branch,
	bpf.OpJlt: (*run).branch, bpf.OpJle: (*run).branch, bpf.OpJsgt: (*run).branch, bpf.OpJsge: (*run).branch,
	bpf.OpJslt: (*run).branch, bpf.OpJsle: (*run).branch, bpf.OpJset: (*run).branch, bpf.OpMayGoto: (*run).mayGoto,
	bpf.OpCall: (*run).call, bpf.OpCallx: (*run).callx, bpf.OpExit: (*run).exit,

	bpf.OpLdImm: (*run).ldImm, bpf.OpLdAbs: (*run).ldPacket, bpf.OpLdInd: (*run).ldPacket,
	bpf.OpLoad: (*run).load, bpf.OpLoadsx: (*run).load, bpf.OpStore: (*run).store,
	bpf.OpAtomAdd: (*run).atomic, bpf.OpAtomOr: (*run).atomic, bpf.OpAtomAnd: (*run).atomic, bpf.OpAtomXor: (*run).atomic,
	bpf.OpFetchAdd: (*run).atomic, bpf.OpFetchOr: (*run).atomic, bpf.OpFetchAnd: (*run).atomic, bpf.OpFetchXor: (*run).atomic,
	bpf.OpXchg: (*run).atomic, bpf.OpCmpxchg: (*run).atomic, bpf.OpLoadAcq: (*run).load, bpf.OpStoreRel: (*run).store,
}

func (r *run) invalid(*bpf.Instruction) error {
	return r.fault("control is in the second slot of a wide load")
}
