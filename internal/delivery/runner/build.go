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
)

func (o Options) tools() string { return filepath.Join(o.DataDir, "tools") }

func (o Options) built(p program) string { return filepath.Join(o.tools(), p.file) }

// errNoCompiler tells that nothing can be built here.
var errNoCompiler = errors.New("there is no Go to build it with")

// build makes the program unless good says that it is there. Of several
// processes one builds and the others wait; a build that was cut off goes on
// from the compiler's cache, and what is half made has another name.
func (o Options) build(ctx context.Context, p program, why string, good func(path string) bool) error {
	compiler := lookPath(o.search(), "go")
	if compiler == "" {
		return errNoCompiler
	}
	if err := os.MkdirAll(o.tools(), 0o700); err != nil {
		return err
	}
	unlock, err := lockFile(ctx, filepath.Join(o.tools(), "lock"), func() { o.say("waiting for another process that builds %s", p.title) })
	if err != nil {
		return err
	}
	defer unlock()
	if good(o.built(p)) {
		return nil // another process has built it
	}
	o.say("%s; building %s, once: this takes some minutes", why, p.title)
	if err := o.compile(ctx, compiler, p); err != nil {
		return err
	}
	o.say("%s is built", p.title)
	return nil
}

func (o Options) search() string {
	if o.SearchPath != "" {
		return o.SearchPath
	}
	return os.Getenv("PATH")
}

func (o Options) compile(ctx context.Context, compiler string, p program) error {
	dir := filepath.Join(o.tools(), "build-"+p.file)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for name, text := range map[string]string{"go.mod": p.module, "tools.go": p.imports()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	g := golang{path: compiler, dir: dir}
	o.say("fetching the modules of %s", p.title)
	packages, err := g.count(ctx, p.main)
	if err != nil {
		return err
	}
	fresh := o.built(p) + ".new"
	args := []string{"build", "-mod=mod", "-trimpath", "-ldflags=-s -w " + p.ldflags}
	for _, flags := range p.gcflags {
		args = append(args, "-gcflags="+flags)
	}
	done, said := 0, time.Now()
	err = g.run(ctx, func(string) {
		done++
		if time.Since(said) > 5*time.Second {
			said = time.Now()
			o.say("compiled %d of at most %d packages", done, packages)
		}
	}, append(args, "-v", "-o", fresh, p.main)...)
	if err != nil {
		return err
	}
	return os.Rename(fresh, o.built(p))
}

// golang runs the go command in a folder.
type golang struct {
	path, dir string
}

// count returns how many packages the program consists of, fetching them.
func (g golang) count(ctx context.Context, main string) (int, error) {
	var out bytes.Buffer
	if err := g.start(ctx, &out, nil, "list", "-mod=mod", "-deps", main); err != nil {
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
