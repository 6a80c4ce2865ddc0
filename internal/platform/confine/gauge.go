package confine

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Use is what a tree takes.
type Use struct {
	// Memory is in bytes; what processes share counts for each.
	Memory    int64
	Processes int
}

// gauge measures a tree again and again.
type gauge struct {
	tree Tree
	// proc has the processes of a confined tree alone; nil until its place is made.
	proc *os.File
	// first is where in it the processes begin, after all that the kernel tells of itself.
	first int64
	names [4 << 10]byte
	text  [128]byte
}

// use measures the tree.
func (g *gauge) use() (u Use) {
	if !g.tree.Confined {
		return g.tree.outside()
	}
	if g.proc == nil && !g.open() {
		return u
	}
	if _, err := unix.Seek(int(g.proc.Fd()), g.first, io.SeekStart); err != nil {
		return u
	}
	for {
		n, err := unix.ReadDirent(int(g.proc.Fd()), g.names[:])
		if err != nil || n <= 0 { // what has ended takes nothing
			return u
		}
		g.count(g.names[:n], &u)
	}
}

// count adds the processes among entries of the folder.
func (g *gauge) count(entries []byte, u *Use) {
	for next := int64(0); len(entries) > 0; {
		e := entryOf(entries)
		if e.process() {
			if g.first == 0 {
				g.first = next
			}
			u.Processes++
			u.Memory += g.resident(e.name)
		}
		next, entries = e.next, entries[e.length:]
	}
}

// open opens the place's own folder of processes, once there is one: until then it
// is the machine's, in which this process finds itself.
func (g *gauge) open() bool {
	f, err := os.Open(fmt.Sprintf("/proc/%d/root/proc", g.tree.PID))
	if err != nil {
		return false
	}
	var self [16]byte
	if n, err := unix.Readlinkat(int(f.Fd()), "self", self[:]); err == nil && n > 0 {
		_ = f.Close() // it was only read
		return false
	}
	g.proc = f
	return true
}

// resident is the memory of one of the processes.
func (g *gauge) resident(name string) int64 {
	fd, err := unix.Openat(int(g.proc.Fd()), name+"/statm", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0
	}
	defer func() { _ = unix.Close(fd) }() // it was only read
	n, err := unix.Read(fd, g.text[:])
	if err != nil {
		return 0
	}
	return residentOf(string(g.text[:n]))
}

func (g *gauge) close() {
	if g.proc != nil {
		_ = g.proc.Close() // it was only read
	}
}

// outside measures a tree that is not confined, among all processes of the machine.
func (t Tree) outside() (u Use) {
	all, _ := read("/proc")
	for _, p := range t.of(all, func(p process) bool { return p.parent == 1 }) {
		u.Processes++
		if raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(p.pid), "statm")); err == nil {
			u.Memory += residentOf(string(raw))
		}
	}
	return u
}

// residentOf is what a text of statm tells, in bytes.
func residentOf(statm string) int64 {
	_, rest, _ := strings.Cut(statm, " ")
	text, _, _ := strings.Cut(rest, " ")
	pages, _ := strconv.ParseInt(text, 10, 64) // the kernel writes numbers
	return pages * int64(os.Getpagesize())
}
