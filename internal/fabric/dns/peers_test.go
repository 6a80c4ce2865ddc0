package dns_test

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/dns"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// program returns the path of a program of BIND, or skips the test.
func program(t *testing.T, name string) string {
	t.Helper()
	for _, at := range []string{name, "/usr/sbin/" + name} {
		if path, err := exec.LookPath(at); err == nil {
			return path
		}
	}
	t.Skip(name + " of bind9 is not on this machine")
	return ""
}

// run runs a program to its end, and returns what it wrote and its code.
func run(t *testing.T, input, name string, args ...string) (string, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program(t, name), args...)
	cmd.Stdin, cmd.Env = strings.NewReader(input), append(os.Environ(), "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", name, err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// dig asks a server as dig does.
func dig(t *testing.T, address string, args ...string) string {
	t.Helper()
	host, port, _ := net.SplitHostPort(address)
	out, _ := run(t, "", "dig", append([]string{"@" + host, "-p", port, "+time=10", "+tries=1"}, args...)...)
	return out
}

// records are the lines of dig's that are records.
func records(out string) (all []string) {
	for line := range strings.Lines(out) {
		if line = strings.TrimSpace(line); line != "" && line[0] != ';' {
			all = append(all, strings.Join(strings.Fields(line), " "))
		}
	}
	return all
}

// nsupdate sends an update, and returns what nsupdate says of it, "" of one that is done.
func nsupdate(t *testing.T, address, key string, lines ...string) string {
	t.Helper()
	host, port, _ := net.SplitHostPort(address)
	script := "server " + host + " " + port + "\nzone corp.internal\n" + strings.Join(lines, "\n") + "\nsend\n"
	args := []string{"-t", "10", "-r", "0"}
	if key != "" {
		args = append(args, "-y", key)
	}
	out, code := run(t, script, "nsupdate", args...)
	if code == 0 {
		return ""
	}
	return out
}

// key makes a key, and returns it as dig and nsupdate take it.
func (f *fixture) key(k dns.Key) string {
	f.t.Helper()
	k.Scope, k.Zone = kernel.Scope{Tenant: "acme"}, "corp.internal"
	k, secret, err := f.CreateKey(as("admin"), k)
	if err != nil {
		f.t.Fatal(err)
	}
	return k.Algorithm + ":" + k.KeyName + ":" + secret
}
