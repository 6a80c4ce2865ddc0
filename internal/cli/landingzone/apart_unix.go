//go:build unix

package landingzone

import (
	"os/exec"
	"syscall"
)

// apart has the command told of an interrupt by terrace alone, and not by who ends all of a job's programs as well.
func apart(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
