package harness

import (
	"bytes"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// Daemons listen below the ports that systems and the local target give out,
// so that a port is still free when its daemon binds it.
const firstPort, lastPort = 10000, 19999

// given is the last port that was given out, from the first; another process of tests
// begins elsewhere.
var given atomic.Uint32 //nolint:gochecknoglobals // what it counts belongs to the process

func init() { given.Store(rand.Uint32N(lastPort - firstPort)) } //nolint:gochecknoinits // before any test

// FreeAddress returns a loopback address on whose port nobody listens, by TCP
// or UDP, and which no other caller in this process has got.
func FreeAddress(t testing.TB) string {
	t.Helper()
	for range 100 {
		port := firstPort + given.Add(1)%(lastPort-firstPort)
		address := net.JoinHostPort("127.0.0.1", strconv.FormatUint(uint64(port), 10))
		if free(address) {
			return address
		}
	}
	t.Fatal("there is no free port")
	return ""
}

func free(address string) bool {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return false
	}
	_ = l.Close()
	p, err := net.ListenPacket("udp", address)
	if err != nil {
		return false
	}
	_ = p.Close()
	return true
}

// Eventually asks until what is asked for is so, for as long as a loaded
// machine may need; then it fails the test with what was seen last.
func Eventually(t testing.TB, what string, ask func() (seen string, ok bool)) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for {
		seen, ok := ask()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not within a minute: %s; last seen: %s", what, seen)
		}
		time.Sleep(50 * time.Millisecond) //nolint:forbidigo // the pause between two looks at another process
	}
}

// Processes returns the ids of the processes that work in the daemon's folder,
// the daemon itself left out, with what was called.
func (d *Daemon) Processes() map[int]string {
	d.t.Helper()
	found := map[int]string{}
	folders, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		d.t.Fatal(err)
	}
	for _, folder := range folders {
		pid, _ := strconv.Atoi(filepath.Base(folder))
		if pid == os.Getpid() || (d.cmd != nil && pid == d.cmd.Process.Pid) {
			continue
		}
		if called, ok := d.owns(folder); ok && (d.cmd == nil || called != "terrace-spawn") { // which is there for as long as it is
			found[pid] = called
		}
	}
	return found
}

// owns reports whether a process works in the daemon's data or was started by it.
func (d *Daemon) owns(folder string) (called string, ok bool) {
	command, err := os.ReadFile(filepath.Join(folder, "cmdline"))
	if err != nil || len(command) == 0 {
		return "", false // gone, or a zombie
	}
	environment, _ := os.ReadFile(filepath.Join(folder, "environ"))
	cwd, _ := os.Readlink(filepath.Join(folder, "cwd"))
	called = string(bytes.ReplaceAll(bytes.TrimRight(command, "\x00"), []byte{0}, []byte{' '}))
	return called, strings.Contains(called, d.Data) || strings.HasPrefix(cwd, d.Data) || bytes.Contains(environment, []byte(d.Data))
}
