package process

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestLimitsAreWrittenBeforeTheProcessStarts(t *testing.T) {
	t.Parallel()
	own, err := ownCgroup()
	if err != nil {
		t.Skip("the kernel has no control groups v2")
	}
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "cgroup.controllers"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(root, own), 0o700); err != nil {
		t.Fatal(err)
	}
	c := openCgroups(root, "x")
	if c.missing != "" {
		t.Fatal(c.missing)
	}
	attr := &syscall.SysProcAttr{}
	release, err := c.enter(attr, Limits{CPUs: 0.5, Memory: 1 << 20})
	if err != nil || !attr.UseCgroupFD {
		t.Fatalf("%+v, %v", attr, err)
	}
	defer release()
	for name, want := range map[string]string{"cpu.max": "50000 100000", "memory.max": "1048576"} {
		b, err := os.ReadFile(filepath.Join(c.base, "1", name))
		if err != nil || string(b) != want {
			t.Errorf("%s is %q, %v, want %q", name, b, err, want)
		}
	}
}

func TestWhyLimitsAreNotEnforced(t *testing.T) {
	t.Parallel()
	c := openCgroups(t.TempDir(), "x")
	if !strings.Contains(c.missing, "no control groups v2") {
		t.Errorf("it says %q", c.missing)
	}
	attr := &syscall.SysProcAttr{}
	release, err := c.enter(attr, Limits{Memory: 1})
	if err != nil || attr.UseCgroupFD {
		t.Errorf("%+v, %v", attr, err)
	}
	release()
}
