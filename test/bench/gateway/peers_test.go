package gateway_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// peer is a proxy that is measured. Its command gets an address to listen on
// and the service's; nil says that it is not on the machine.
type peer struct {
	name    string
	command func(b *testing.B, dir, listen, service string) *exec.Cmd
}

func peers() []peer {
	return []peer{{"nginx", nginx}, {"haproxy", haproxy}, {"terrace", role("terrace", limitVariable+"=1")}, {"reverseproxy", role("reverseproxy")}, {"caddy", caddy}}
}

// role is the test binary as one of the processes, with more in its environment.
func role(name string, env ...string) func(*testing.B, string, string, string) *exec.Cmd {
	return func(b *testing.B, _, listen, service string) *exec.Cmd {
		b.Helper()
		self, err := os.Executable()
		if err != nil {
			b.Fatal(err)
		}
		cmd := exec.Command(self)
		cmd.Env = slices.Concat(os.Environ(), []string{roleVariable + "=" + name, listenVariable + "=" + listen, serviceVariable + "=" + service}, env)
		return cmd
	}
}

func write(b *testing.B, dir, name, content string) string {
	b.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

func nginx(b *testing.B, dir, listen, service string) *exec.Cmd {
	b.Helper()
	path, err := exec.LookPath("nginx")
	if err != nil {
		return nil
	}
	config := write(b, dir, "nginx.conf", fmt.Sprintf(`
daemon off; worker_processes auto; pid %[1]s/nginx.pid; error_log %[1]s/nginx.log;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 1000000; tcp_nodelay on;
  client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
  upstream service { server %[3]s; keepalive 256; keepalive_requests 1000000; }
  server { listen %[2]s; location / {
    proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
    proxy_set_header X-Forwarded-For $remote_addr; } }
}`, dir, listen, service))
	return exec.Command(path, "-p", dir, "-c", config)
}

func haproxy(b *testing.B, dir, listen, service string) *exec.Cmd {
	b.Helper()
	path, err := exec.LookPath("haproxy")
	if err != nil {
		return nil
	}
	config := write(b, dir, "haproxy.cfg", fmt.Sprintf(`
global
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option forwardfor
  http-reuse always
frontend in
  bind %s
  default_backend service
backend service
  server s %s
`, listen, service))
	return exec.Command(path, "-db", "-f", config)
}

// caddyBinary builds Caddy from its module, once; TERRACE_BENCH_CADDY names one
// that is built already.
var caddyBinary = sync.OnceValues(func() (string, error) {
	if binary := os.Getenv("TERRACE_BENCH_CADDY"); binary != "" {
		return binary, nil
	}
	binary := filepath.Join(os.TempDir(), fmt.Sprint("terrace-bench-caddy-", os.Getpid()))
	build := exec.Command("go", "build", "-trimpath", "-o", binary, ".")
	build.Dir, build.Env = "caddy", append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return binary, nil
})

func caddy(b *testing.B, dir, listen, service string) *exec.Cmd {
	b.Helper()
	binary, err := caddyBinary()
	if err != nil {
		b.Logf("caddy cannot be built: %v", err)
		return nil
	}
	config := write(b, dir, "caddy.json", fmt.Sprintf(`{"admin": {"disabled": true}, "logging": {"logs": {"default": {"level": "ERROR"}}},
"apps": {"http": {"servers": {"s": {"listen": [%q], "automatic_https": {"disable": true}, "routes": [{"handle": [
  {"handler": "reverse_proxy", "upstreams": [{"dial": %q}], "transport": {"protocol": "http", "compression": false, "keep_alive": {"max_idle_conns_per_host": 256}}}]}]}}}}}`,
		listen, service))
	cmd := exec.Command(binary, "run", "--config", config)
	cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_DATA_HOME="+dir)
	return cmd
}

// running is a process that listens.
type running struct {
	cmd  *exec.Cmd
	addr string
}

// launch starts a process and waits until it listens.
func launch(b *testing.B, p peer, service string) *running {
	b.Helper()
	dir, addr := b.TempDir(), freeAddress(b)
	cmd := p.command(b, dir, addr, service)
	if cmd == nil {
		return nil
	}
	log := &strings.Builder{}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	for range 600 {
		conn, err := net.DialTimeout("tcp", addr, time.Second)
		if err == nil {
			_ = conn.Close()
			return &running{cmd, addr}
		}
		<-time.After(50 * time.Millisecond)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	b.Fatalf("%s does not listen: %s", p.name, log)
	return nil
}

// stop ends the process and returns the CPU time that it and its own children took.
func (r *running) stop() time.Duration {
	_ = r.cmd.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(20*time.Second, func() { _ = r.cmd.Process.Kill() })
	defer late.Stop()
	_ = r.cmd.Wait()
	return r.cmd.ProcessState.UserTime() + r.cmd.ProcessState.SystemTime()
}
