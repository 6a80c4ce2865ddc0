package runner

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/mod/sumdb/dirhash"
)

// Provider is the address of Terrace's own provider.
const Provider = Host + "/terrace/terrace"

func providerLock(dataDir string) string {
	return filepath.Join(mirrorDir(dataDir), "terrace.lock.hcl")
}

// InstallProvider lays the provider's program into the mirror, unpacked, and
// returns the .terraform.lock.hcl for root modules that need exactly this
// version. The same program again changes nothing.
func InstallProvider(dataDir, binaryPath, version string) (lockFile []byte, err error) {
	program := ProviderProgram(dataDir, version)
	name, target := filepath.Base(program), filepath.Dir(program)
	hash, err := dirhash.Hash1([]string{name}, func(string) (io.ReadCloser, error) { return os.Open(binaryPath) })
	if err != nil {
		return nil, onDisk("install the provider", err)
	}
	if old, err := dirhash.HashDir(target, "", dirhash.Hash1); err != nil || old != hash {
		if err := layProvider(mirrorDir(dataDir), target, name, binaryPath); err != nil {
			return nil, onDisk("install the provider", err)
		}
	}
	lockFile = fmt.Appendf(nil, "provider %q {\n  version     = %q\n  constraints = %q\n  hashes = [\n    %q,\n  ]\n}\n", Provider, version, version, hash)
	return lockFile, onDisk("install the provider", os.WriteFile(providerLock(dataDir), lockFile, 0o600))
}

// ProviderProgram is where InstallProvider has put the program of the version.
func ProviderProgram(dataDir, version string) string {
	return filepath.Join(mirrorDir(dataDir), filepath.FromSlash(Provider), version, runtime.GOOS+"_"+runtime.GOARCH, "terraform-provider-terrace_v"+version)
}

// layProvider puts a folder with the program in the place of target, whole or not at all.
func layProvider(mirror, target, name, binaryPath string) error {
	if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
		return err
	}
	fresh, err := os.MkdirTemp(mirror, "new-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(fresh) }() // after a rename there is nothing
	if err := copyProgram(filepath.Join(fresh, name), binaryPath); err != nil {
		return err
	}
	aside := fresh + ".old"
	if err := os.Rename(target, aside); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return errors.Join(os.Rename(fresh, target), os.RemoveAll(aside))
}

func copyProgram(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o700) //nolint:gosec // a program
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}
