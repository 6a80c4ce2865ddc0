package runner

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Host is the name under which root modules address Terrace's own modules and provider.
const Host = "terrace.localhost"

// cliConfig is the tool's command line configuration for a job: where Terrace's
// module registry is, the token for it, and where providers come from. Providers
// in an unpacked mirror are linked, not copied: no cache is written by two runs.
func (r *Runner) cliConfig(job Job) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, leaseLine+"\n", job.Stack, job.Fence)
	fmt.Fprintf(&b, "disable_checkpoint = true\n")
	fmt.Fprintf(&b, "host %s {\n  services = { \"modules.v1\" = %s }\n}\n", quote(Host), quote(r.Address+"/registry/v1/modules/"))
	fmt.Fprintf(&b, "credentials %s {\n  token = %s\n}\n", quote(Host), quote(job.Token))
	own := quote(Host + "/*/*")
	if job.azurerm == mirrorDir(r.DataDir) {
		for _, host := range slices.Sorted(maps.Values(registries())) {
			own += ", " + quote(host+"/"+azurerm)
		}
	}
	fmt.Fprintf(&b, "provider_installation {\n")
	fmt.Fprintf(&b, "  filesystem_mirror {\n    path = %s\n    include = [%s]\n  }\n", quote(mirrorDir(r.DataDir)), own)
	if r.Mirror != "" {
		fmt.Fprintf(&b, "  filesystem_mirror {\n    path = %s\n    exclude = [%s]\n  }\n", quote(r.Mirror), own)
	} else {
		fmt.Fprintf(&b, "  direct {\n    exclude = [%s]\n  }\n", own)
	}
	fmt.Fprintf(&b, "}\n")
	return []byte(b.String())
}

// leaseLine begins the configuration: it tells whoever finds the work directory
// whose it was, and the fence of the lease under which it was made.
const leaseLine = "# stack: %s fence: %d"

// leaseOf returns the stack that a configuration was made for, and the fence, "" and 0
// where it says none.
func leaseOf(config []byte) (stack string, fence int64) {
	_, _ = fmt.Sscanf(string(config), leaseLine, &stack, &fence)
	return stack, fence
}

// quote writes s as an HCL string.
func quote(s string) string {
	s = strconv.Quote(s)
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(s)
}

// Mirror returns the folder, beneath the data directory, with the providers that
// Terrace installs.
func Mirror(dataDir string) string { return mirrorDir(dataDir) }

func mirrorDir(dataDir string) string { return filepath.Join(dataDir, "mirror") }
