package process

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
)

// maxAncestors is how far from the process that was started another one of it may be.
const maxAncestors = 64

// owners knows for whom the processes were started that live.
type owners struct {
	mu    sync.Mutex
	byPID map[int]any
}

// start starts a process. Nobody is told whose it is before that is known.
func (o *owners) start(cmd *exec.Cmd, owner any) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := cmd.Start(); err != nil {
		return err //nolint:wrapcheck // the launcher says what it did
	}
	if owner != nil {
		if o.byPID == nil {
			o.byPID = map[int]any{}
		}
		o.byPID[cmd.Process.Pid] = owner
	}
	return nil
}

func (o *owners) forget(pid int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.byPID, pid)
}

func (o *owners) of(pid int) (any, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	owner, ok := o.byPID[pid]
	return owner, ok
}

// Owner tells for whom a process was started: the one that was given with it, or with that of
// its ancestors which this Launcher has started. A process can choose its group and its
// environment, but not its ancestors; one that has outlived its parent has none any more.
func (l *Launcher) Owner(pid int) (any, bool) {
	line := []int{pid}
	for len(line) <= maxAncestors {
		at := line[len(line)-1]
		if owner, ok := l.owners.of(at); ok {
			return owner, descends(line) && l.still(at, owner)
		}
		parent, ok := parentOf(at)
		if !ok || parent <= 1 || parent == os.Getpid() {
			return nil, false
		}
		line = append(line, parent)
	}
	return nil, false
}

// still tells that the owner of a process has not changed meanwhile.
func (l *Launcher) still(pid int, owner any) bool {
	now, ok := l.owners.of(pid)
	return ok && now == owner
}

// descends looks again at each step: a number that was another process's meanwhile would be
// seen, since the children of that one have another parent by then.
func descends(line []int) bool {
	for i, pid := range line[:len(line)-1] {
		if parent, ok := parentOf(pid); !ok || parent != line[i+1] {
			return false
		}
	}
	return true
}

// parentOf reads proc_pid_stat(5): the name in brackets may hold anything.
func parentOf(pid int) (int, bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 2 {
		return 0, false
	}
	parent, err := strconv.Atoi(string(fields[1]))
	return parent, err == nil
}
