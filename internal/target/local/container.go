package local

import (
	"context"
	"encoding/base64"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/conceal"
	"github.com/terrace-idp/terrace/internal/target/local/bundle"
	"github.com/terrace-idp/terrace/internal/target/local/process"
)

const defaultProgram = "./app"

// workshop makes the folders and environments of one instance's containers.
type workshop struct {
	config    Config
	key       Key
	spec      serviceSpec
	hostPorts map[string]int
	bundles   *bundle.Cache
}

// prepared is a container that is ready to be started.
type prepared struct {
	process process.Spec
	// hidden are the values that nothing may show that the container says.
	hidden *conceal.Values
}

// prepare lays the container out in root: its bundle, its files and volumes.
func (w *workshop) prepare(ctx context.Context, name, root string) (prepared, error) {
	c := w.spec.Containers[name]
	if err := w.unpack(ctx, kernel.Digest(c.Artifact), root); err != nil {
		return prepared{}, err
	}
	known, err := w.spec.concealed()
	if err != nil {
		return prepared{}, err
	}
	e := &expander{secrets: w.config.Secrets, scope: w.key.Scope, reader: w.key.String(), values: known}
	if err := w.layOut(ctx, c, root, "container "+name, e); err != nil {
		return prepared{}, err
	}
	env, err := w.environment(ctx, c, root, "container "+name, e)
	if err != nil {
		return prepared{}, err
	}
	program, args, err := c.program(root, name)
	if err != nil {
		return prepared{}, err
	}
	limits, err := c.limits()
	return prepared{process: process.Spec{Path: program, Args: args, Dir: root, Env: env, Owner: w.key, Limits: limits}, hidden: e.hidden()}, err
}

func (w *workshop) unpack(ctx context.Context, digest kernel.Digest, root string) error {
	if err := os.MkdirAll(root, 0o700); err != nil {
		return diskError("make the service's folder", err)
	}
	return unlessKernel("unpack the artifact "+digest.Short(), w.bundles.CopyTo(ctx, root, digest))
}

// unlessKernel keeps an error that says already what happened.
func unlessKernel(doing string, err error) error {
	if _, ok := errors.AsType[*kernel.Error](err); ok {
		return err
	}
	return diskError(doing, err)
}

func (w *workshop) layOut(ctx context.Context, c containerSpec, dir, at string, e *expander) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return diskError("open the service's folder", err)
	}
	defer func() { _ = root.Close() }()
	for _, name := range slices.Sorted(maps.Keys(c.Volumes)) {
		if err := w.link(root, inside(name), c.Volumes[name]); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Files)) {
		content, err := c.Files[name].bytes(ctx, at+", file "+name, e)
		if err != nil {
			return err
		}
		mode, err := c.Files[name].mode()
		if err != nil {
			return err
		}
		if err := writeFile(root, inside(name), content, fs.FileMode(mode)); err != nil {
			return diskError("write the file "+name, err)
		}
	}
	return nil
}

// link puts a volume in its place, instead of what the bundle has there.
func (w *workshop) link(root *os.Root, name string, v volumeSpec) error {
	volumes := scopeDir(w.config.Dir, "volumes", w.key.Scope)
	rest, err := filepath.Rel(volumes, v.Source)
	if err != nil || !filepath.IsLocal(rest) || rest == "." {
		return kernel.Errorf(kernel.Invalid, "the volume source %q is no volume of %s", v.Source, w.key.Scope).
			WithFix("use the path of a terrace_volume of the same stage")
	}
	if _, err := os.Stat(v.Source); err != nil {
		return kernel.Errorf(kernel.Invalid, "the volume %q does not exist", v.Source)
	}
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return diskError("make the volume's place "+name, err)
	}
	if err := root.RemoveAll(name); err != nil {
		return diskError("clear the volume's place "+name, err)
	}
	return diskError("link the volume "+name, root.Symlink(v.Source, name))
}

func (f fileSpec) bytes(ctx context.Context, at string, e *expander) ([]byte, error) {
	if f.BinaryContent != nil {
		return base64.StdEncoding.DecodeString(*f.BinaryContent)
	}
	s, err := e.expand(ctx, at, *f.Content)
	return []byte(s), err
}

func writeFile(root *os.Root, name string, content []byte, mode fs.FileMode) error {
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := root.WriteFile(name, content, mode); err != nil {
		return err
	}
	return root.Chmod(name, mode) // whatever the umask is
}

// program returns what to start. An absolute path means the container's own
// file where it has one, else the machine's.
func (c containerSpec) program(root, name string) (program string, args []string, err error) {
	command := c.Command
	if len(command) == 0 {
		command = []string{defaultProgram}
	}
	program, args = command[0], append(slices.Clone(command[1:]), c.Args...)
	if !strings.Contains(program, "/") {
		return program, args, nil
	}
	own := filepath.Join(root, filepath.FromSlash(program))
	if _, err := os.Stat(own); err == nil {
		return own, args, nil
	}
	if path.IsAbs(program) {
		if _, err := os.Stat(program); err == nil {
			return program, args, nil
		}
	}
	missing := kernel.Errorf(kernel.Invalid, "container %s: its artifact has no %s", name, program)
	if len(c.Command) == 0 {
		return "", nil, missing.WithFix("build a program named app, or give the container a command")
	}
	return "", nil, missing.WithFix("correct the container's command; it runs in the folder of the artifact")
}

// environment returns the whole environment. What Terrace sets, the ports
// before all, cannot be overridden by the container's variables.
func (w *workshop) environment(ctx context.Context, c containerSpec, root, at string, e *expander) ([]string, error) {
	all := map[string]string{"PATH": os.Getenv("PATH"), "HOME": root, "TMPDIR": os.TempDir(), "LANG": "C.UTF-8"}
	for _, name := range slices.Sorted(maps.Keys(c.Variables)) {
		value, err := e.expand(ctx, at+", variable "+name, c.Variables[name])
		if err != nil {
			return nil, err
		}
		all[name] = value
	}
	maps.Copy(all, map[string]string{
		"TERRACE_RELEASE": w.spec.Release, "TERRACE_RELEASE_VERSION": w.spec.ReleaseVersion, "TERRACE_SERVICE": w.key.Name,
		"TERRACE_STAGE": w.key.Scope.Stage, "TERRACE_PROJECT": w.key.Scope.Project, "TERRACE_ROOT": root,
	})
	if w.config.WorkloadAPI != nil && w.config.WorkloadAPI() != "" {
		all["SPIFFE_ENDPOINT_SOCKET"] = "unix://" + w.config.WorkloadAPI()
	}
	for i, name := range w.spec.portNames() {
		port := strconv.Itoa(w.hostPorts[name])
		if i == 0 {
			all["PORT"] = port
		}
		all["PORT_"+variableName(name)] = port
	}
	env := make([]string, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		env = append(env, name+"="+all[name])
	}
	return env, nil
}

// variableName spells a port's name as a part of a variable's: upper case, _ for -.
func variableName(port string) string {
	return strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(port))
}
