package table

// CallbackKind is how a helper calls a function of the program.
type CallbackKind uint8

// The kinds of callbacks.
const (
	CallbackNone    CallbackKind = iota
	CallbackLoop                 // loop
	CallbackMapElem              // for_each_map_elem
	CallbackTimer                // timer_set_callback: later, on its own
	CallbackRingbuf              // user_ringbuf_drain
	CallbackFindVma              // find_vma

	// NumCallbackKinds is the number of kinds, for arrays indexed by it.
	NumCallbackKinds = int(CallbackFindVma) + 1
)

// CallbackArg is what a callback finds in one of r1 to r5.
type CallbackArg uint8

// What callbacks get.
const (
	CallbackIndex  CallbackArg = iota // a number below the count of ArgAny in r1, 32 bits
	CallbackMap                       // the map
	CallbackKey                       // key_size bytes, read-only
	CallbackValue                     // value_size bytes, as a lookup gives them
	CallbackDynptr                    // a dynptr of type local, read-only
	CallbackTask                      // a task_struct
	CallbackObject                    // another object of the kernel
	CallbackCtx                       // what the caller passed as ArgStackOrNull
)

// Callback is the row of a kind of callback.
type Callback struct {
	Args []CallbackArg // r1 and on; the rest is not initialised
	// RetMin and RetMax bound what the callback may return.
	RetMin, RetMax int64
	// Async: it runs after the program, not in the caller's frame; references
	// of the caller are not its own.
	Async bool
	// Many: it may run any number of times, 0 among them; else at most once.
	Many bool
}

var callbacks = [NumCallbackKinds]Callback{
	CallbackLoop:    {Args: []CallbackArg{CallbackIndex, CallbackCtx}, RetMax: 1, Many: true},
	CallbackMapElem: {Args: []CallbackArg{CallbackMap, CallbackKey, CallbackValue, CallbackCtx}, RetMax: 1, Many: true},
	CallbackTimer:   {Args: []CallbackArg{CallbackMap, CallbackKey, CallbackValue}, Async: true},
	CallbackRingbuf: {Args: []CallbackArg{CallbackDynptr, CallbackCtx}, RetMax: 1, Many: true},
	CallbackFindVma: {Args: []CallbackArg{CallbackTask, CallbackObject, CallbackCtx}, RetMax: 1},
}

// CallbackOf returns the row of a kind of callback.
func CallbackOf(k CallbackKind) *Callback { return &callbacks[k] }
