package dns_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/fabric/dns"
	"github.com/terrace-idp/terrace/internal/fabric/dns/dnssql"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// watch runs a loop of the room until the test ends.
func watch(t *testing.T, loop func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- loop(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("a loop ends with %v", err)
		}
	})
}

// freePort returns a port that is free for UDP and TCP.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // it listens on TCP
}

// named runs BIND as a secondary of corp.internal until the returned function is called, and
// returns its address.
func named(t *testing.T, dir, primary, key string, port int) (address string, stop func()) {
	t.Helper()
	part := strings.SplitN(key, ":", 3)
	host, primaryPort, _ := net.SplitHostPort(primary)
	config := fmt.Sprintf(`
options { directory %[1]q; listen-on port %[2]d { 127.0.0.1; }; listen-on-v6 { none; }; pid-file none; recursion no; dnssec-validation no;
  session-keyfile none; notify no; allow-query { any; }; };
controls { };
key %[3]q { algorithm %[4]s; secret %[5]q; };
zone "corp.internal" { type secondary; file "corp.db"; masterfile-format text; primaries { %[6]s port %[7]s key %[3]q; }; min-refresh-time 300; };
`, dir, port, part[1], part[0], part[2], host, primaryPort)
	path := filepath.Join(dir, "named.conf")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(confined(t, dir), "-g", "-4", "-n", "1", "-c", path)
	log := &strings.Builder{}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	stop = func() {
		if ended {
			return
		}
		ended = true
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("named said:\n%s", log)
		}
	}
	t.Cleanup(stop)
	return "127.0.0.1:" + strconv.Itoa(port), stop
}

// confined is a copy of named: systems with AppArmor let the one that is installed read its own
// folders alone.
func confined(t *testing.T, dir string) string {
	t.Helper()
	binary, err := os.ReadFile(program(t, "named"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "named")
	if err := os.WriteFile(path, binary, 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// known asks a server what it has of a name, "" where it does not answer.
func known(address, name string) string {
	q := new(mdns.Msg).SetQuestion(name, mdns.TypeA)
	q.RecursionDesired = false
	reply, _, err := (&mdns.Client{Timeout: time.Second}).Exchange(q, address)
	if err != nil {
		return ""
	}
	return answer(reply)
}

// TestASecondaryCatchesUp has BIND copy a zone with a key, miss changes, and learn of them.
func TestASecondaryCatchesUp(t *testing.T) {
	t.Parallel()
	program(t, "named")
	f := newFixture(t, dbtest.SQLite(t, dnssql.Migrations()))
	f.network("local", false, "127.0.0.0/8")
	f.zone("corp.internal", "local")
	f.fill("corp.internal", 500)
	key := f.key(dns.Key{Name: "bind", Transfer: true})
	server := serve(t, f.Service)
	port, dir := freePort(t), t.TempDir()
	f.secondary("corp.internal", dns.Transfer{Notify: []string{"127.0.0.1:" + strconv.Itoa(port)}})
	address, stop := named(t, dir, server.Addr(), key, port)
	eventually(t, "that BIND has the zone", func() bool { return known(address, "h499.corp.internal.") == "NOERROR 10.0.1.243" })
	watch(t, f.Notify)
	f.set("corp.internal", "fresh", "A", "", "10.0.0.9")
	eventually(t, "that BIND, which is told, has a change", func() bool { return known(address, "fresh.corp.internal.") == "NOERROR 10.0.0.9" })
	standing := func() dns.Standing {
		all, err := f.Secondaries(as("admin"), "acme", "corp.internal")
		if err != nil || len(all) != 1 {
			t.Fatalf("%v %v", all, err)
		}
		return all[0]
	}
	if s := standing(); !s.Current || s.Error != "" {
		t.Errorf("BIND is current, and not %+v", s)
	}
	stop()
	f.set("corp.internal", "missed", "A", "", "10.0.0.10")
	if s := standing(); s.Current || s.Error == "" || s.Serial != 0 {
		t.Errorf("BIND is away, and not %+v", s)
	}
	named(t, dir, server.Addr(), key, port)
	eventually(t, "that BIND has what it missed", func() bool {
		return known(address, "missed.corp.internal.") == "NOERROR 10.0.0.10" && standing().Current
	})
}
