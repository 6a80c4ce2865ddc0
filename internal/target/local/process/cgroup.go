package process

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

const cgroupRoot = "/sys/fs/cgroup"

// cpuPeriod is the kernel's usual scheduling period in microseconds.
const cpuPeriod = 100_000

// Limits bound a process and its descendants; 0 is no limit.
type Limits struct {
	// CPUs is a number of processors, such as 0.5.
	CPUs float64
	// Memory is in bytes.
	Memory int64
}

// IsZero reports whether nothing is limited.
func (l Limits) IsZero() bool { return l == Limits{} }

// cgroups places processes into groups of their own beneath the daemon's, by
// control groups v2. missing says why it cannot, "" when it can.
type cgroups struct {
	base    string
	missing string
	next    atomic.Int64
}

// openCgroups looks for a tree beneath root that this process may divide.
func openCgroups(root, name string) *cgroups {
	if _, err := os.Stat(filepath.Join(root, "cgroup.controllers")); err != nil {
		return &cgroups{missing: "the machine has no control groups v2"}
	}
	own, err := ownCgroup()
	if err != nil {
		return &cgroups{missing: "the daemon's control group is unknown"}
	}
	base := filepath.Join(root, own, "terrace-"+name)
	if err := os.MkdirAll(base, 0o755); err != nil {
		return &cgroups{missing: "the daemon may not make control groups (" + cause(err).Error() + ")"}
	}
	for _, dir := range []string{filepath.Dir(base), base} {
		if err := delegate(dir); err != nil {
			_ = os.Remove(base)
			return &cgroups{missing: "the daemon may not divide its control group (" + cause(err).Error() + ")"}
		}
	}
	return &cgroups{base: base}
}

// daemonGroup is the group into which the daemon moves itself, for a group that
// is divided may have no processes of its own.
const daemonGroup = "terrace-daemon"

// delegate lets the groups beneath dir limit processors and memory.
func delegate(dir string) error {
	enable := func() error {
		return os.WriteFile(filepath.Join(dir, "cgroup.subtree_control"), []byte("+cpu +memory"), 0o600)
	}
	err := enable()
	if !errors.Is(err, syscall.EBUSY) {
		return err
	}
	own := filepath.Join(dir, daemonGroup)
	if err := os.MkdirAll(own, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(own, "cgroup.procs"), []byte("0"), 0o600); err != nil {
		return err
	}
	return enable()
}

func ownCgroup() (string, error) {
	b, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(b)) {
		if path, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			return strings.TrimSuffix(path, "/"+daemonGroup), nil
		}
	}
	return "", errors.New("no entry for control groups v2")
}

// enter makes attr start its process in a new group with the limits. The
// function returned removes the group and must be called when the process is gone.
func (c *cgroups) enter(attr *syscall.SysProcAttr, l Limits) (func(), error) {
	nothing := func() {}
	if c.missing != "" || l.IsZero() {
		return nothing, nil
	}
	dir := filepath.Join(c.base, strconv.FormatInt(c.next.Add(1), 10))
	if err := os.Mkdir(dir, 0o755); err != nil {
		return nothing, fmt.Errorf("make a control group: %w", err)
	}
	remove := func() { _ = os.Remove(dir) }
	if err := writeLimits(dir, l); err != nil {
		return remove, err
	}
	f, err := os.Open(dir)
	if err != nil {
		return remove, fmt.Errorf("open the control group: %w", err)
	}
	attr.UseCgroupFD, attr.CgroupFD = true, int(f.Fd())
	return func() {
		_ = f.Close()
		remove()
	}, nil
}

func writeLimits(dir string, l Limits) error {
	values := map[string]string{}
	if l.Memory > 0 {
		values["memory.max"] = strconv.FormatInt(l.Memory, 10)
	}
	if l.CPUs > 0 {
		values["cpu.max"] = fmt.Sprintf("%d %d", max(1000, int64(l.CPUs*cpuPeriod)), cpuPeriod)
	}
	for name, value := range values {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(value), 0o600); err != nil {
			return fmt.Errorf("set %s: %w", name, err)
		}
	}
	return nil
}

func (c *cgroups) close() {
	if c.base != "" {
		_ = os.Remove(c.base)
	}
}
