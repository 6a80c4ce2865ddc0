package runner

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// tofuVersion is the OpenTofu that is built where there is no tool.
const tofuVersion = "1.12.6"

const tofuPackage = "github.com/opentofu/opentofu/cmd/tofu"

// tofuModule builds that OpenTofu: a module's replacements and godebug lines
// count only in the main module, so its own are repeated here.
const tofuModule = `module terrace.localhost/tofu

go 1.26.6

godebug winsymlink=0

godebug tlsmlkem=0

require github.com/opentofu/opentofu v` + tofuVersion + `

replace github.com/hashicorp/hcl/v2 v2.20.1 => github.com/opentofu/hcl/v2 v2.20.2-0.20251021132045-587d123c2828
`

// tofuImport makes the module need the program.
const tofuImport = `//go:build tools

package tools

import _ "` + tofuPackage + `"
`

func (o Options) tools() string { return filepath.Join(o.DataDir, "tools") }

func (o Options) built() string { return filepath.Join(o.tools(), "tofu-"+tofuVersion) }

// build makes OpenTofu. Of several processes one builds and the others wait; a
// build that was cut off goes on from the compiler's cache.
func build(ctx context.Context, o Options) (Tool, *kernel.Error) {
	path := o.SearchPath
	if path == "" {
		path = os.Getenv("PATH")
	}
	compiler := lookPath(path, "go")
	if compiler == "" {
		return Tool{}, kernel.Errorf(kernel.Unavailable, "there is no %s on PATH, and no Go to build tofu with", needed).
			WithFix("install one of them, or name one with TERRACE_TERRAFORM")
	}
	if err := os.MkdirAll(o.tools(), 0o700); err != nil {
		return Tool{}, failedBuild(err)
	}
	unlock, err := lockFile(ctx, filepath.Join(o.tools(), "lock"), func() { o.say("waiting for another process that builds tofu") })
	if err != nil {
		return Tool{}, failedBuild(err)
	}
	defer unlock()
	if tool, err := inspect(ctx, o.built()); err == nil {
		return tool, nil // another process has built it
	}
	o.say("no %s was found; building OpenTofu %s, once: this takes some minutes", needed, tofuVersion)
	if err := o.compile(ctx, compiler); err != nil {
		return Tool{}, failedBuild(err)
	}
	tool, err := inspect(ctx, o.built())
	if err != nil {
		return Tool{}, failedBuild(err)
	}
	o.say("%s is built", tool)
	return tool, nil
}

func failedBuild(err error) *kernel.Error {
	return kernel.Errorf(kernel.Unavailable, "there is no %s on PATH, and OpenTofu could not be built: %w", needed, err).
		WithFix("install one of them, or start again to go on with the build")
}

func (o Options) compile(ctx context.Context, compiler string) error {
	dir := filepath.Join(o.tools(), "build-tofu-"+tofuVersion)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for name, text := range map[string]string{"go.mod": tofuModule, "tools.go": tofuImport} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	g := golang{path: compiler, dir: dir}
	o.say("fetching OpenTofu's modules")
	packages, err := g.count(ctx)
	if err != nil {
		return err
	}
	fresh := o.built() + ".new"
	done, said := 0, time.Now()
	err = g.run(ctx, func(string) {
		done++
		if time.Since(said) > 5*time.Second {
			said = time.Now()
			o.say("compiled %d of at most %d packages", done, packages)
		}
	}, "build", "-mod=mod", "-trimpath", "-ldflags=-s -w -X github.com/opentofu/opentofu/version.dev=no", "-v", "-o", fresh, tofuPackage)
	if err != nil {
		return err
	}
	return os.Rename(fresh, o.built())
}

// golang runs the go command in a folder.
type golang struct {
	path, dir string
}

// count returns how many packages the program consists of, fetching them.
func (g golang) count(ctx context.Context) (int, error) {
	var out bytes.Buffer
	if err := g.start(ctx, &out, nil, "list", "-mod=mod", "-deps", tofuPackage); err != nil {
		return 0, err
	}
	return bytes.Count(out.Bytes(), []byte("\n")), nil
}

func (g golang) run(ctx context.Context, line func(string), args ...string) error {
	return g.start(ctx, io.Discard, line, args...)
}

// start runs the command; each line of its error output goes to line, and the
// last ones into the error.
func (g golang) start(ctx context.Context, stdout io.Writer, line func(string), args ...string) error {
	cmd := exec.CommandContext(ctx, g.path, args...)
	cmd.Dir, cmd.Stdout = g.dir, stdout
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "CGO_ENABLED=0", "GOTOOLCHAIN=auto")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	var last tail
	last.max = 4 << 10
	readErr := eachLine(stderr, maxLine, func(raw []byte) {
		_, _ = fmt.Fprintf(&last, "%s\n", raw) // never fails
		if line != nil {
			line(string(raw))
		}
	})
	if err := errors.Join(cmd.Wait(), readErr); err != nil {
		return fmt.Errorf("go %s: %w: %s", strings.Join(args[:1], " "), err, last.String())
	}
	return nil
}

// lockFile takes an exclusive lock on the file at path, which ends with the
// process at the latest; waiting is called once where another has it.
func lockFile(ctx context.Context, path string, waiting func()) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for first := true; ; first = false {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
		}
		if first {
			waiting()
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(context.Cause(ctx), f.Close())
		case <-ticker.C:
		}
	}
}
