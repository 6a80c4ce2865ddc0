package appcli_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/app/appcli"
	"github.com/terrace-idp/terrace/internal/target/azuresim/azuresimclient"
)

// terraced runs a command line to its end.
func terraced(t *testing.T, want int, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	if got := appcli.Run(t.Context(), "test", args, &out, &out); got != want {
		t.Fatalf("%v ends with %d, not %d: %s", args, got, want, &out)
	}
	return out.String()
}

// serve runs terraced azuresim until the test ends, and returns what it printed when it was ready.
func serve(t *testing.T, folder string) []string {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	r, w := io.Pipe()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		var errs bytes.Buffer
		if status := appcli.Run(ctx, "test", []string{"azuresim", "--data", folder}, w, &errs); status != 0 {
			t.Errorf("it ends with %d: %s", status, &errs)
		}
		_ = w.Close() // a pipe's never fails
	}()
	t.Cleanup(func() {
		stop()
		<-ended
	})
	var lines []string
	for in := bufio.NewScanner(r); in.Scan(); {
		lines = append(lines, in.Text())
		if strings.HasPrefix(in.Text(), "export SSL_CERT_FILE=") {
			break
		}
	}
	return lines
}

// TestAzureSimIsReachedFromOtherFolders: its folder is given relative to the one where it starts,
// and is found by that of the daemon, too.
func TestAzureSimIsReachedFromOtherFolders(t *testing.T) {
	t.Parallel()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	daemon := t.TempDir()
	folder := filepath.Join(daemon, "azuresim")
	relative, err := filepath.Rel(here, folder)
	if err != nil {
		t.Fatal(err)
	}
	lines := serve(t, relative)
	ca := filepath.Join(folder, "ca.pem")
	if last := lines[len(lines)-1]; last != "export SSL_CERT_FILE="+ca {
		t.Errorf("the last line: %s", last)
	}
	for _, data := range []string{relative, daemon} {
		var env map[string]string
		if err := json.Unmarshal([]byte(terraced(t, 0, "azuresim", "env", "--data", data, "-o", "json")), &env); err != nil || env["SSL_CERT_FILE"] != ca {
			t.Errorf("the environment by %s: %v, %v", data, env, err)
		}
	}
}

// TestAzureSimKeepsItsStateInItsFolder: what one simulator was told the next one knows, by
// whatever name the folder has.
func TestAzureSimKeepsItsStateInItsFolder(t *testing.T) {
	t.Parallel()
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	relative, err := filepath.Rel(here, folder)
	if err != nil {
		t.Fatal(err)
	}
	app := map[string]string{"name": "kept"}
	t.Run("told", func(t *testing.T) { //nolint:paralleltest // it comes before the other
		serve(t, relative)
		if err := client(t, folder).Post(t.Context(), "apps", app, &map[string]any{}); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("again", func(t *testing.T) { //nolint:paralleltest // it comes after the other
		serve(t, folder)
		var kept []struct{ Name string }
		if err := client(t, folder).Get(t.Context(), "apps", nil, &kept); err != nil || len(kept) != 1 || kept[0].Name != "kept" {
			t.Errorf("%v, %v", kept, err)
		}
	})
}

func client(t *testing.T, folder string) *azuresimclient.Client {
	t.Helper()
	at, err := azuresimclient.Find(folder)
	if err != nil {
		t.Fatal(err)
	}
	c, err := azuresimclient.New(at)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAzureSimInAFolderWithASpace(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "my azure")
	lines := serve(t, folder)
	if last := lines[len(lines)-1]; last != "export SSL_CERT_FILE='"+filepath.Join(folder, "ca.pem")+"'" {
		t.Errorf("the last line: %s", last)
	}
}

func TestAzureSimRefuses(t *testing.T) {
	t.Parallel()
	daemon, killed, broken := t.TempDir(), t.TempDir(), t.TempDir()
	write(t, filepath.Join(daemon, "terrace.db"), "")
	serve(t, killed)
	left, err := os.ReadFile(filepath.Join(killed, "running.json"))
	if err != nil {
		t.Fatal(err)
	}
	// A simulator that was killed leaves its file; nothing listens on port 1.
	var file map[string]any
	if err := json.Unmarshal(left, &file); err != nil {
		t.Fatal(err)
	}
	file["endpoint"] = "https://localhost:1"
	dead, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	gone := t.TempDir()
	write(t, filepath.Join(gone, "running.json"), string(dead))
	write(t, filepath.Join(broken, "running.json"), "{")
	for name, c := range map[string]struct {
		want int
		args []string
		says string
	}{
		"the folder of a daemon":    {1, []string{"--data", daemon}, "terraced up --azure-sim"},
		"one that was killed":       {1, []string{"env", "--data", gone}, "does not answer"},
		"a file that is none":       {1, []string{"env", "--data", broken}, "start the simulated Azure again"},
		"a folder without one":      {1, []string{"env", "--data", filepath.Join(daemon, "none")}, "terraced azuresim"},
		"an output that is none":    {2, []string{"env", "-o", "xml"}, "neither shell nor json"},
		"a flag that is missing":    {2, []string{"token", "--issuer", "https://example.com"}, "subject"},
		"a command that is none":    {2, []string{"nonsense"}, "nonsense"},
		"a flag that is none":       {2, []string{"--nonsense"}, "nonsense"},
		"an address for all to see": {1, []string{"--listen", "0.0.0.0:0"}, "loopback"},
	} {
		if said := terraced(t, c.want, append([]string{"azuresim"}, c.args...)...); !strings.Contains(said, c.says) {
			t.Errorf("%s: %s; want %q", name, said, c.says)
		}
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
