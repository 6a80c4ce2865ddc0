package sidecar

import (
	"net"
	"strconv"

	"github.com/spiffe/go-spiffe/v2/workloadapi"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Check tells what is wrong with the addresses of a configuration, before anything is read or
// opened. It names them as the flags of the command.
func (c Config) Check() error {
	type named struct {
		flag, address string
		// asked is set where it is another one that listens there.
		asked bool
	}
	all := []named{{"--inbound", c.Inbound, false}, {"--outbound", c.Outbound, false}, {"--application", c.Application, true}}
	if c.Control != "" {
		all = append(all, named{"--control", c.Control, true})
	}
	for _, a := range all {
		host, port, err := net.SplitHostPort(a.address)
		n, wrong := strconv.ParseUint(port, 10, 16)
		if err != nil || wrong != nil || a.asked && (host == "" || n == 0) {
			return kernel.Errorf(kernel.Invalid, "%s is %q, which is no address", a.flag, a.address).WithFix("write it as HOST:PORT, such as 127.0.0.1:8080")
		}
	}
	if err := workloadapi.ValidateAddress(c.WorkloadAPI); err != nil {
		return kernel.Errorf(kernel.Invalid, "--workload-api is %q, which is no address: %w", c.WorkloadAPI, err).WithFix("write it as unix:///run/workload-api.sock, or tcp://127.0.0.1:8000")
	}
	return private(c.Outbound)
}

// private refuses an address of what goes out that others than this machine, or this pod,
// reach: whoever does asks as the workload.
func private(outbound string) error {
	host, _, err := net.SplitHostPort(outbound)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return kernel.Errorf(kernel.Invalid, "what goes out would be taken at %q from others, too", outbound).WithFix("use a loopback address with --outbound, such as 127.0.0.1:15001")
	}
	return nil
}
