package runner

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/Masterminds/semver/v3"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Tool is the program that runs are executed with.
type Tool struct {
	// Name is terraform or tofu.
	Name    string `json:"name"`
	Path    string `json:"path"`
	Version string `json:"version"`
}

// String returns the tool as people say it: terraform 1.11.4.
func (t Tool) String() string { return t.Name + " " + t.Version }

// Options say where Find looks.
type Options struct {
	// Path is the tool to use; "" searches.
	Path string
	// SearchPath is searched instead of $PATH, in the same format.
	SearchPath string
	// DataDir is Terrace's data directory; what is built is kept beneath it.
	DataDir string
	// Mirror is a folder with providers that somebody else keeps; "" is none.
	Mirror string
	// Progress takes a line about each step of long work; nil drops them.
	Progress func(line string)
}

func (o Options) say(format string, args ...any) {
	if o.Progress != nil {
		o.Progress(fmt.Sprintf(format, args...))
	}
}

const needed = "terraform 1.9 or newer, or tofu 1.8 or newer"

var versionLine = regexp.MustCompile(`(?m)^(Terraform|OpenTofu) v(\S+)`)

// Find returns the tool at o.Path, else the first good one on the search path,
// else OpenTofu, which it builds from its Go module unless that was done before.
func Find(ctx context.Context, o Options) (Tool, error) {
	if o.Path != "" {
		return explicit(ctx, o.Path)
	}
	var rejected []string
	for _, path := range o.candidates() {
		tool, err := inspect(ctx, path)
		if err == nil {
			return tool, nil
		}
		rejected = append(rejected, err.Error())
	}
	tool, err := buildTofu(ctx, o)
	if err != nil && len(rejected) > 0 {
		err.Message += "; found: " + strings.Join(rejected, "; ")
	}
	if err != nil {
		return Tool{}, err
	}
	return tool, nil
}

// InstallTofu returns OpenTofu built from its Go module, building it unless
// that was done before.
func InstallTofu(ctx context.Context, o Options) (Tool, error) {
	tool, err := buildTofu(ctx, o)
	if err != nil {
		return Tool{}, err
	}
	return tool, nil
}

func buildTofu(ctx context.Context, o Options) (Tool, *kernel.Error) {
	p := tofuProgram()
	if tool, err := inspect(ctx, o.built(p)); err == nil {
		return tool, nil
	}
	err := o.build(ctx, p, "no "+needed+" was found", func(path string) bool {
		_, err := inspect(ctx, path)
		return err == nil
	})
	if errors.Is(err, errNoCompiler) {
		return Tool{}, kernel.Errorf(kernel.Unavailable, "there is no %s on PATH, and no Go to build tofu with", needed).
			WithFix("install one of them, or name one with TERRACE_TERRAFORM")
	}
	if err != nil {
		return Tool{}, failedBuild(err)
	}
	tool, err := inspect(ctx, o.built(p))
	if err != nil {
		return Tool{}, failedBuild(err)
	}
	return tool, nil
}

func failedBuild(err error) *kernel.Error {
	return kernel.Errorf(kernel.Unavailable, "there is no %s on PATH, and OpenTofu could not be built: %w", needed, err).
		WithFix("install one of them, or start again to go on with the build")
}

func explicit(ctx context.Context, path string) (Tool, error) {
	tool, err := inspect(ctx, path)
	if err != nil {
		return Tool{}, kernel.Errorf(kernel.Unavailable, "the configured tool cannot be used: %w", err).
			WithFix("point the setting at %s, or leave it empty to have one found", needed)
	}
	return tool, nil
}

// candidates are the programs named terraform or tofu, in the path's order.
func (o Options) candidates() (paths []string) {
	for _, name := range []string{"terraform", "tofu"} {
		if path := lookPath(o.search(), name); path != "" {
			paths = append(paths, path)
		}
	}
	return paths
}

// lookPath finds an executable file in a list of folders; exec.LookPath knows
// only those of this process.
func lookPath(search, name string) string {
	for _, dir := range filepath.SplitList(search) {
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		if dir != "" && err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path
		}
	}
	return ""
}

// inspect asks the program for its version; the error says what is wrong with it.
func inspect(ctx context.Context, path string) (Tool, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, "version")
	cmd.Env = append(inherited(), "CHECKPOINT_DISABLE=1", "TF_CLI_CONFIG_FILE="+os.DevNull)
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	if err != nil {
		return Tool{}, fmt.Errorf("%s does not run: %w", path, err)
	}
	match := versionLine.FindStringSubmatch(string(out))
	if match == nil {
		return Tool{}, fmt.Errorf("%s is neither terraform nor tofu", path)
	}
	tool := Tool{Name: "terraform", Path: path, Version: match[2]}
	oldest := "1.9.0"
	if match[1] == "OpenTofu" {
		tool.Name, oldest = "tofu", "1.8.0"
	}
	v, err := semver.NewVersion(tool.Version)
	if err != nil {
		return Tool{}, fmt.Errorf("%s has version %q, which is none", path, tool.Version)
	}
	if v.LessThan(semver.MustParse(oldest)) {
		return Tool{}, fmt.Errorf("%s at %s is too old: %s is needed", tool, path, needed)
	}
	return tool, nil
}
