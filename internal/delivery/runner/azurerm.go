package runner

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// azurerm is the provider's address without a host, azurermFile its program's
// name as the provider's own releases have it.
const (
	azurerm     = "hashicorp/azurerm"
	azurermFile = "terraform-provider-azurerm_v" + AzurermVersion + "_x5"
)

// registries are the hosts that terraform and tofu complete the address with.
func registries() map[string]string {
	return map[string]string{"terraform": "registry.terraform.io", "tofu": "registry.opentofu.org"}
}

// azurermDir is where a mirror has the provider for a host, unpacked.
func azurermDir(mirror, host string) string {
	return filepath.Join(mirror, host, filepath.FromSlash(azurerm), AzurermVersion, runtime.GOOS+"_"+runtime.GOARCH)
}

// hasAzurerm reports whether the mirror has the provider for every host.
func hasAzurerm(mirror string) bool {
	for _, host := range registries() {
		if found, _ := filepath.Glob(filepath.Join(azurermDir(mirror, host), "terraform-provider-azurerm*")); len(found) == 0 {
			return false
		}
	}
	return mirror != ""
}

// InstallAzurerm returns a folder that is a filesystem mirror with the provider
// azurerm for terraform and tofu: into itself where that has it, else
// o.Mirror; else it fills into, from the provider's registry with the tool that
// o names or finds, or, where there is no way to it, from the provider's Go
// module. Of several processes one works and the others wait.
func InstallAzurerm(ctx context.Context, o Options, into string) (mirror string, err error) {
	for _, have := range []string{into, o.Mirror} {
		if hasAzurerm(have) {
			return have, nil
		}
	}
	if err := os.MkdirAll(into, 0o700); err != nil {
		return "", onDisk("install azurerm", err)
	}
	unlock, err := lockFile(ctx, filepath.Join(into, "lock"), func() { o.say("waiting for another process that installs azurerm") })
	if err != nil {
		return "", onDisk("install azurerm", err)
	}
	defer unlock()
	if hasAzurerm(into) {
		return into, nil
	}
	return into, o.installAzurerm(ctx, into)
}

func (o Options) installAzurerm(ctx context.Context, into string) error {
	fetched := o.fetchAzurerm(ctx, into)
	if fetched == nil {
		o.say("azurerm %s is fetched", AzurermVersion)
		return nil
	}
	p := azurermProgram()
	isThere := func(path string) bool { _, err := os.Stat(path); return err == nil }
	if !isThere(o.built(p)) {
		if err := o.build(ctx, p, "azurerm could not be fetched from its registry", isThere); err != nil {
			return kernel.Errorf(kernel.Unavailable, "the provider azurerm %s can neither be fetched (%w) nor built: %w", AzurermVersion, fetched, err).
				WithFix("name a folder that has it with TERRACE_PROVIDER_MIRROR, or open the way to its registry or to a Go module proxy, and try again: a build goes on where it stopped")
		}
	}
	return onDisk("install azurerm", errors.Join(layAzurerm(into, o.built(p)), os.Remove(o.built(p))))
}

// layAzurerm puts the program into the mirror for every host; each of them is
// whole or not there.
func layAzurerm(mirror, binary string) error {
	for _, host := range registries() {
		if err := layProvider(mirror, azurermDir(mirror, host), azurermFile, binary); err != nil {
			return err
		}
	}
	return nil
}

// fetchPatience bounds the download of a provider.
const fetchPatience = 10 * time.Minute

// fetchAzurerm has the tool fetch the provider, and unpacks it: from an
// unpacked mirror it is linked, not copied 200 MB at a time.
func (o Options) fetchAzurerm(ctx context.Context, into string) error {
	tool, err := o.present(ctx)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(into, "new-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	text := fmt.Sprintf("terraform {\n  required_providers {\n    azurerm = {\n      source  = %q\n      version = %q\n    }\n  }\n}\n", azurerm, AzurermVersion)
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(text), 0o600); err != nil {
		return err
	}
	o.say("asking %s for azurerm %s", registries()[tool.Name], AzurermVersion)
	ctx, cancel := context.WithTimeout(ctx, fetchPatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, tool.Path, "providers", "mirror", "-platform="+runtime.GOOS+"_"+runtime.GOARCH, "packed")
	cmd.Dir, cmd.WaitDelay = dir, time.Second
	cmd.Env = append(inherited(), "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "TF_CLI_CONFIG_FILE="+os.DevNull)
	said := tail{max: 64 << 10}
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", tool.Name, err, words(said.buf))
	}
	return unpackAzurerm(into, filepath.Join(dir, "packed"), dir)
}

// present returns a tool that is there, and builds none.
func (o Options) present(ctx context.Context) (Tool, error) {
	if o.Path != "" {
		return inspect(ctx, o.Path)
	}
	for _, path := range append(o.candidates(), o.built(tofuProgram())) {
		if tool, err := inspect(ctx, path); err == nil {
			return tool, nil
		}
	}
	return Tool{}, errors.New("there is no terraform or tofu to fetch it with")
}

var decoration = regexp.MustCompile("\x1b\\[[0-9;]*m|[│╷╵]")

// words returns what the tool said for people, on one line.
func words(said []byte) string {
	text := strings.Join(strings.Fields(decoration.ReplaceAllString(string(said), "")), " ")
	if _, after, ok := strings.Cut(text, "Error: "); ok {
		text, _, _ = strings.Cut(after, "Error: ")
	}
	return text[:min(len(text), 500)]
}

// unpackAzurerm lays the program out of a packed mirror's archive.
func unpackAzurerm(into, packed, dir string) error {
	archives, _ := filepath.Glob(filepath.Join(packed, "*", filepath.FromSlash(azurerm), "*.zip")) // the pattern is good
	if len(archives) != 1 {
		return fmt.Errorf("%d archives came, want 1", len(archives))
	}
	archive, err := zip.OpenReader(archives[0])
	if err != nil {
		return err
	}
	defer func() { _ = archive.Close() }()
	for _, f := range archive.File {
		if strings.HasPrefix(f.Name, "terraform-provider-azurerm") {
			program := filepath.Join(dir, azurermFile)
			if err := unpackFile(f, program); err != nil {
				return err
			}
			return layAzurerm(into, program)
		}
	}
	return errors.New("the archive has no program")
}

// maxProgram bounds an unpacked provider, in bytes.
const maxProgram = 2 << 30

func unpackFile(f *zip.File, to string) error {
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o700) //nolint:gosec // a program
	if err != nil {
		return err
	}
	_, err = io.Copy(out, io.LimitReader(in, maxProgram))
	return errors.Join(err, out.Close())
}
