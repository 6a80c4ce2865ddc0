package e2e_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

var buildTiny = sync.OnceValue(func() error {
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(tinyFolder(), "app"), "./testdata/tiny")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build tiny: %w: %s", err, out)
	}
	return nil
})

// tinyFolder is where this process keeps the built service.
func tinyFolder() string {
	return filepath.Join(os.TempDir(), fmt.Sprintf("terrace-tiny-%d", os.Getpid()))
}

func TestMain(m *testing.M) {
	code := m.Run()
	_ = os.RemoveAll(tinyFolder())
	os.Exit(code)
}

// workload is a Score file of the service in testdata/tiny.
type workload struct {
	Name        string
	Version     string
	Annotations map[string]string
	Variables   map[string]string
	Resources   map[string]any
	// TargetPort is what the process listens on; 8080 when it is 0.
	TargetPort int
}

// file writes the workload into dir, with the built service beside it.
func (w workload) file(t *testing.T, dir string) string {
	t.Helper()
	if err := buildTiny(); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(filepath.Join(tinyFolder(), "app"), filepath.Join(dir, "app")); err != nil && !os.IsExist(err) {
		t.Fatal(err)
	}
	return write(t, filepath.Join(dir, "score.yaml"), w.score(t))
}

// score is the file's text; JSON is YAML.
func (w workload) score(t *testing.T) string {
	t.Helper()
	if w.TargetPort == 0 {
		w.TargetPort = 8080
	}
	annotations := map[string]string{"terrace.dev/version": "1.0.0", "terrace.dev/start-timeout": "50s"}
	maps.Copy(annotations, w.Annotations)
	if w.Version != "" {
		annotations["terrace.dev/version"] = w.Version
	}
	resources := map[string]any{"web": map[string]any{"type": "route", "params": map[string]any{"port": 80}}}
	maps.Copy(resources, w.Resources)
	container := map[string]any{"image": ".", "readinessProbe": map[string]any{"httpGet": map[string]any{"path": "/readyz", "port": w.TargetPort}}}
	if w.Variables != nil {
		container["variables"] = w.Variables
	}
	raw, err := json.MarshalIndent(map[string]any{
		"apiVersion": "score.dev/v1b1",
		"metadata":   map[string]any{"name": w.Name, "annotations": annotations},
		"containers": map[string]any{"main": container},
		"service":    map[string]any{"ports": map[string]any{"web": map[string]any{"port": 80, "targetPort": w.TargetPort}}},
		"resources":  resources,
	}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
