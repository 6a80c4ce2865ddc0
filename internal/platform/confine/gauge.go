package confine

import (
	"fmt"
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
	text [128]byte
}

// use measures the tree.
func (g *gauge) use() (u Use) {
	if !g.tree.Confined {
		return g.tree.outside()
	}
	if g.proc == nil && !g.open() {
		return u
	}
	if _, err := g.proc.Seek(0, 0); err != nil {
		return u
	}
	names, _ := g.proc.Readdirnames(-1) // what has ended takes nothing
	for _, name := range names {
		if name[0] < '1' || name[0] > '9' {
			continue
		}
		u.Processes++
		u.Memory += g.resident(name)
	}
	return u
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
