package azuresim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// dialTimeout bounds a dial through the proxy.
const dialTimeout = 30 * time.Second

// proxy is an HTTP CONNECT proxy (RFC 9110 §9.3.6): hosts of the simulated domain are
// tunnelled to the simulator, hosts of real clouds are refused, others are dialled.
type proxy struct {
	target   string
	listener net.Listener
	server   *http.Server
	tunnels  *tunnels
	log      *slog.Logger
}

func newProxy(ctx context.Context, address, target string, log *slog.Logger) (*proxy, error) {
	var lc net.ListenConfig
	listener, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for the simulated Azure's proxy: %w", err)
	}
	p := &proxy{target: target, listener: listener, tunnels: newTunnels(maxTunnels, tunnelIdle), log: log}
	p.server = bounded(p, log)
	return p, nil
}

func (p *proxy) start(ctx context.Context) {
	go func() {
		if err := p.server.Serve(p.listener); !errors.Is(err, http.ErrServerClosed) {
			p.log.ErrorContext(ctx, "the simulated Azure's proxy ended", "err", err)
		}
	}()
}

// close ends the proxy and the tunnels that are open.
func (p *proxy) close() error {
	err := p.server.Close()
	if closed := p.listener.Close(); !errors.Is(closed, net.ErrClosed) {
		err = errors.Join(err, closed)
	}
	p.tunnels.close()
	return err
}

// signInHost is asked by Microsoft's sign-in libraries, whatever cloud they are told of, whether an
// authority is one. The simulator plays it for that question alone; the real host is never reached.
const signInHost = "login.microsoftonline.com"

// realClouds are the domains that a client of the simulator must never reach.
func realClouds() []string {
	return []string{
		"azure.com", "azure.net", "windows.net", "microsoftonline.com", "microsoft.com", "azure.cn", "chinacloudapi.cn", "microsoftonline.cn",
		"azure.us", "usgovcloudapi.net", "microsoftonline.us", "windows-ppe.net", "azurewebsites.net", "azurecr.io", "azmk8s.io", "live.com", "azurefd.net", "azure-api.net",
	}
}

// ServeHTTP opens a tunnel.
func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set(arm.HeaderSimulation, "azure")
	if r.Method != http.MethodConnect {
		http.Error(w, "the proxy of the simulated Azure only tunnels: send CONNECT, which clients do for https", http.StatusMethodNotAllowed)
		return
	}
	to, err := p.route(r.Host)
	if err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), dialTimeout)
	defer cancel()
	upstream, err := (&net.Dialer{}).DialContext(ctx, "tcp", to)
	if err != nil {
		http.Error(w, "the proxy of the simulated Azure: "+err.Error(), http.StatusBadGateway)
		return
	}
	defer func() { _ = upstream.Close() }() // the tunnel has ended
	if !p.tunnels.enter() {
		http.Error(w, "the proxy of the simulated Azure has too many tunnels or is ending: try again", http.StatusServiceUnavailable)
		return
	}
	defer p.tunnels.leave()
	client, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		p.log.ErrorContext(r.Context(), "the simulated Azure's proxy cannot tunnel", "err", err)
		return
	}
	// Written by hand: an answer that opens a tunnel has no body and no framing of one (RFC 9110, 9.3.6).
	_, _ = fmt.Fprintf(client, "HTTP/1.1 200 Connection Established\r\n%s: azure\r\n\r\n", arm.HeaderSimulation) // a client that has gone ends the tunnel
	p.tunnels.run(client, buffered, upstream)
}

// route says where a host is dialled.
func (p *proxy) route(hostport string) (string, error) {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		return "", fmt.Errorf("%q is no host and port", hostport)
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if strings.HasSuffix(host, "."+Domain) || host == signInHost {
		return p.target, nil
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.Unmap().IsLinkLocalUnicast() {
		return "", fmt.Errorf("%s is where a machine of a real cloud asks who it is, which a client of the simulated Azure does not reach", host)
	}
	for _, real := range realClouds() {
		if host == real || strings.HasSuffix(host, "."+real) {
			return "", fmt.Errorf("%s is a host of a real cloud, which a client of the simulated Azure does not reach", host)
		}
	}
	return hostport, nil
}
