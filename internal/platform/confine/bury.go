package confine

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// most bounds how many processes are known, ended ones among them.
const most = 1 << 10

// know notes processes that somebody waits for.
func (p *small) know(pids ...int) {
	for _, pid := range pids {
		p.known[pid] = true
	}
	if len(p.known) <= most {
		return
	}
	there := map[int]bool{}
	for _, pid := range p.children() {
		there[pid] = p.known[pid]
	}
	p.known = there
}

// bury ends and waits for the processes that were begun and of which nobody knows:
// they ended before they became a program, or wait at a gate that nobody opens.
func (p *small) bury() {
	for _, pid := range p.children() {
		if pid != p.cmd.Process.Pid && !p.known[pid] {
			_ = unix.Kill(pid, unix.SIGKILL) // it may have ended
			_, _ = unix.Wait4(pid, nil, 0, nil)
		}
	}
}

// children are the processes that the thread began, and none where the kernel does not
// tell. Ended ones are among them until somebody has waited for them.
func (p *small) children() (pids []int) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/self/task/%d/children", p.thread))
	if err != nil {
		return nil
	}
	for _, word := range strings.Fields(string(text)) {
		if pid, err := strconv.Atoi(word); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}
