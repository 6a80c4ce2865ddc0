package confine

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// Mark names the variable that the processes of a tree have in common, for
// those that leave their parents.
const Mark = "TERRACE_WORK"

// Tree is a process with all that it started.
type Tree struct {
	// PID is the first process.
	PID int
	// Mark is the value of the variable Mark, "" without.
	Mark string
	// Confined says that it is in a place of its own.
	Confined bool
}

// Kill ends the tree, those that have left the process group too.
func (t Tree) Kill() {
	var pids []int
	if !t.Confined {
		pids = t.alive()
	}
	_ = syscall.Kill(-t.PID, syscall.SIGKILL) // it may have ended just now
	if t.Confined {
		return // the kernel ends all when the first process ends
	}
	for range turns { // what they started meanwhile is found in the next turn
		for _, pid := range pids {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended just now
		}
		if pids = t.alive(); len(pids) == 0 {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// turns bounds Kill where a process hangs in the kernel.
const turns = 100

// alive are the processes of the tree that are no zombies.
func (t Tree) alive() (pids []int) {
	all, _ := read("/proc")
	for _, p := range t.of(all, func(process) bool { return true }) {
		if !p.zombie && p.pid != os.Getpid() {
			pids = append(pids, p.pid)
		}
	}
	return pids
}

// process is one entry of /proc.
type process struct {
	pid, parent, group int
	zombie             bool
}

func read(proc string) (all []process, err error) {
	f, err := os.Open(proc)
	if err != nil {
		return nil, err
	}
	names, err := f.Readdirnames(-1)
	_ = f.Close()
	for _, name := range names {
		pid, notOne := strconv.Atoi(name)
		if notOne != nil {
			continue
		}
		if p, ok := stat(filepath.Join(proc, name, "stat")); ok {
			p.pid = pid
			all = append(all, p)
		}
	}
	return all, err
}

// stat reads what follows the name of the program, which may be any text.
func stat(path string) (p process, ok bool) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return p, false
	}
	fields := bytes.Fields(raw[bytes.LastIndexByte(raw, ')')+1:])
	if len(fields) < 3 {
		return p, false
	}
	p.zombie = fields[0][0] == 'Z' || fields[0][0] == 'X'
	p.parent, _ = strconv.Atoi(string(fields[1])) // the kernel writes numbers
	p.group, _ = strconv.Atoi(string(fields[2]))
	return p, true
}

// of returns those of the tree: the first process and what descends from it, its
// group, and of the suspects who has the mark.
func (t Tree) of(all []process, suspect func(process) bool) (own []process) {
	marked := map[int]bool{}
	for _, p := range all {
		marked[p.pid] = suspect(p) && t.marked(p.pid)
	}
	in := map[int]bool{t.PID: true}
	for grown := true; grown; {
		grown = false
		for _, p := range all {
			if !in[p.pid] && (p.group == t.PID || in[p.parent] || marked[p.pid]) {
				in[p.pid], grown = true, true
			}
		}
	}
	for _, p := range all {
		if in[p.pid] {
			own = append(own, p)
		}
	}
	return own
}

func (t Tree) marked(pid int) bool {
	if t.Mark == "" {
		return false
	}
	env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	return err == nil && bytes.Contains(append([]byte{0}, env...), []byte("\x00"+Mark+"="+t.Mark+"\x00"))
}

// sacrifice makes the kernel prefer the process when memory runs out.
func sacrifice(pid int) error {
	path := fmt.Sprintf("/proc/%d/oom_score_adj", pid)
	if err := os.WriteFile(path, []byte("500"), 0o600); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("prefer it when memory runs out: %w", err)
	}
	return nil
}
