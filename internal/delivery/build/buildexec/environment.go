package buildexec

import (
	"path/filepath"
	"slices"
	"strings"
)

// environment is the whole environment of the compiler: of that of this process
// where programs and modules come from, and else its own. It has no access to
// private modules: it compiles what is not Terrace's.
func (b *Builder) environment(w workshop) []string {
	env := []string{
		"HOME=" + w.home, "TMPDIR=" + w.tmp, "GOTMPDIR=" + w.tmp, "GOCACHE=" + b.cache(), "GOPATH=" + b.modules(), "GOMODCACHE=" + b.moduleCache(),
		"GOENV=off", "GOWORK=off", "GOTOOLCHAIN=local", "GOFLAGS=-mod=readonly", "GIT_TERMINAL_PROMPT=0",
	}
	passed := []string{
		"PATH", "LANG", "GOPROXY", "GOSUMDB", "GONOSUMDB", "GOPRIVATE", "GONOPROXY", "SSL_CERT_FILE", "SSL_CERT_DIR",
		"HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy",
	}
	for _, v := range b.Environ {
		if name, _, _ := strings.Cut(v, "="); slices.Contains(passed, name) {
			env = append(env, v)
		}
	}
	return env
}

// The caches are Terrace's own, unless the environment of this process names
// others. They are shared by all builds: what is in them is named by what it was
// made from, and a build without cgo runs nothing of what it compiles.

func (b *Builder) cache() string { return b.named("GOCACHE", filepath.Join(b.Dir, "cache")) }

func (b *Builder) modules() string { return filepath.Join(b.Dir, "go") }

func (b *Builder) moduleCache() string {
	return b.named("GOMODCACHE", filepath.Join(b.modules(), "pkg", "mod"))
}

// named returns the folder that a variable of this process names, else the other.
func (b *Builder) named(variable, other string) string {
	if path := b.variable(variable); filepath.IsAbs(path) {
		return path
	}
	return other
}

func (b *Builder) variable(name string) (value string) {
	for _, v := range b.Environ {
		if n, text, _ := strings.Cut(v, "="); n == name {
			value = text
		}
	}
	return value
}
