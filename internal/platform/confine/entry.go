package confine

import (
	"bytes"
	"encoding/binary"
)

// The fields of an entry of a folder as getdents64 gives it, in bytes from its begin.
const (
	entryNext   = 8
	entryLength = 16
	entryName   = 19
)

// entry is one of a folder.
type entry struct {
	name string
	// next is where in the folder the one after it is, length how many bytes this one takes.
	next   int64
	length int
}

// entryOf reads the first entry.
func entryOf(entries []byte) entry {
	length := int(binary.NativeEndian.Uint16(entries[entryLength:]))
	name, _, _ := bytes.Cut(entries[entryName:length], []byte{0})
	return entry{
		name: string(name), length: length,
		next: int64(binary.NativeEndian.Uint64(entries[entryNext:])),
	}
}

// process reports whether it is that of a process.
func (e entry) process() bool { return e.name != "" && e.name[0] >= '1' && e.name[0] <= '9' }
