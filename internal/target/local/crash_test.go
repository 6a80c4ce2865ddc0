package local_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
	"github.com/terrace-idp/terrace/internal/target/local"
	"github.com/terrace-idp/terrace/internal/target/local/localsql"
	"github.com/terrace-idp/terrace/internal/target/local/localtest"
)

// daemonVariable makes the test's program a daemon on the folder that it names.
const daemonVariable = "TERRACE_TEST_DAEMON"

func TestMain(m *testing.M) {
	if dir := os.Getenv(daemonVariable); dir != "" {
		if err := daemon(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// daemon runs a target with one service and one cache until it is killed.
func daemon(dir string) error {
	c, closeDB, err := crashConfig(dir)
	if err != nil {
		return err
	}
	defer closeDB()
	spec, err := os.ReadFile(filepath.Join(dir, "spec.json"))
	if err != nil {
		return err
	}
	s, err := local.New(c)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	ctx := context.Background()
	if _, err := s.Put(ctx, localtest.Caller("dev", "orders"), local.Services, "orders", spec); err != nil {
		return err
	}
	if _, err := s.Put(ctx, localtest.Caller("dev", "orders"), local.Caches, "sessions", []byte(`{}`)); err != nil {
		return err
	}
	fmt.Println("ready")
	select {}
}

// crashConfig is a configuration that two processes share by its folder.
func crashConfig(dir string) (local.Config, func(), error) {
	ctx := context.Background()
	d, err := db.Open(ctx, "sqlite://"+filepath.Join(dir, "db"))
	if err != nil {
		return local.Config{}, nil, err
	}
	if err := d.Migrate(ctx, localsql.Migrations()); err != nil {
		return local.Config{}, nil, err
	}
	c := localtest.Config(d, filepath.Join(dir, "data"))
	bundle, err := os.ReadFile(filepath.Join(dir, "bundle.tgz"))
	if err != nil {
		return local.Config{}, nil, err
	}
	c.Artifacts.(*localtest.Artifacts).Add(bundle)
	return c, func() { _ = d.Close() }, nil
}

// startDaemon starts the daemon in a process of its own and waits until it is ready.
func startDaemon(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), daemonVariable+"="+dir), os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("the daemon says %q, %v", line, err)
	}
	return cmd
}

func TestAnUncleanDeathLeavesNoOrphans(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bundle := localtest.Bundle(t, localtest.File{Name: "app", Content: localtest.Program(t), Mode: 0o755})
	spec, err := json.Marshal(web(string(kernel.DigestOf(bundle)), "1.0.0", object{"variables": object{"CHILD": "yes", "STUBBORN": "yes"}}))
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"bundle.tgz": bundle, "spec.json": spec} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := startDaemon(t, dir)
	marker, err := os.ReadFile(filepath.Join(dir, "data", "instance"))
	if err != nil {
		t.Fatal(err)
	}
	entry := "TERRACE_INSTANCE=" + strings.TrimSpace(string(marker))
	if n := len(processesWith(entry)); n < 2 {
		t.Fatalf("%d processes run, want the service and its child at least", n)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	localtest.Eventually(t, func() string {
		if left := processesWith(entry); len(left) > 0 {
			return fmt.Sprintf("after the daemon's death %v are left", left)
		}
		return ""
	})

	c, closeDB, err := crashConfig(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closeDB)
	target := localtest.Start(t, c)
	localtest.Eventually(t, func() string {
		if _, _, ok := target.Upstream(localtest.Scope("dev"), "orders", "http"); !ok {
			return "the service does not come back"
		}
		return ""
	})
	folders, _ := filepath.Glob(filepath.Join(dir, "data/services/acme/shop/dev/orders/inst_*"))
	if len(folders) != 1 {
		t.Errorf("folders of instances: %v", folders)
	}
}

// processesWith returns the living processes with an entry in their environment.
func processesWith(entry string) (pids []int) {
	environs, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range environs {
		env, _ := os.ReadFile(path)
		var pid int
		_, _ = fmt.Sscanf(path, "/proc/%d/", &pid)
		if strings.Contains(string(env), entry) && isAlive(pid) {
			pids = append(pids, pid)
		}
	}
	return pids
}
