package process

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
)

// guardScript waits until its input ends, which is when the daemon does, and
// kills every process with the marker: those that the death signal does not
// reach because the daemon has not started them itself.
const guardScript = `read -r _
for f in $(grep -lzxF -- "$1" /proc/[0-9]*/environ 2>/dev/null); do
  f=${f#/proc/}
  kill -9 "${f%/environ}" 2>/dev/null
done`

// guard is a small process that outlives the daemon by the moment it takes to
// clean up after it.
type guard struct {
	hold io.Closer
	cmd  *exec.Cmd
}

// startGuard starts a guard for the processes whose environment has entry. On a
// machine without a shell there is none; Sweep cleans up later then.
func startGuard(entry string) (*guard, error) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		return nil, nil //nolint:nilnil // none is an answer
	}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make the guard's pipe: %w", err)
	}
	defer func() { _ = read.Close() }()
	cmd := exec.Command(shell, "-c", guardScript, "terrace-guard", entry) //nolint:noctx // lives as long as the launcher
	cmd.Stdin, cmd.Env = read, []string{"PATH=" + os.Getenv("PATH")}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // no signal for the daemon's group reaches it
	if err := cmd.Start(); err != nil {
		_ = write.Close()
		return nil, fmt.Errorf("start the guard: %w", err)
	}
	return &guard{hold: write, cmd: cmd}, nil
}

// close lets the guard clean up and waits for it.
func (g *guard) close() {
	if g == nil {
		return
	}
	_ = g.hold.Close()
	_ = g.cmd.Wait() // its work is best effort
}
