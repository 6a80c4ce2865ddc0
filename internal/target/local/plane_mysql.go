package local

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/local/logs"
	"github.com/terrace-idp/terrace/internal/target/local/mysql"
	"github.com/terrace-idp/terrace/internal/target/local/process"
)

// mysqlPlane keeps databases on one MariaDB server per stage.
type mysqlPlane struct {
	config   Config
	launcher *process.Launcher
	ports    *portPool

	mu      sync.Mutex
	servers map[kernel.Scope]*stageServer
}

func newMySQLPlane(c Config, l *process.Launcher, ports *portPool) *mysqlPlane {
	return &mysqlPlane{config: c, launcher: l, ports: ports, servers: map[kernel.Scope]*stageServer{}}
}

func (p *mysqlPlane) check(k Key, spec json.RawMessage) error {
	_, err := decode[serverSpec](k, spec)
	return err
}

// databaseName spells a name as databases and users like it.
func databaseName(k Key) string { return strings.ReplaceAll(k.Name, "-", "_") }

func (p *mysqlPlane) apply(ctx context.Context, k Key, raw json.RawMessage, previous *Object) (change, error) {
	spec, err := decode[serverSpec](k, raw)
	if err != nil {
		return change{}, err
	}
	recorded := 0
	if previous != nil {
		recorded = number(previous.Outputs["port"])
	}
	stage := p.stage(k.Scope)
	stage.begin()
	server, err := p.make(ctx, k, spec, recorded)
	if err != nil {
		stage.done()
		return change{}, err
	}
	return change{outputs: p.outputs(k, server), commit: stage.done, abort: stage.done}, nil
}

// make makes sure that the server runs and has the database.
func (p *mysqlPlane) make(ctx context.Context, k Key, spec serverSpec, recorded int) (*mysql.Server, error) {
	server, err := p.ensure(ctx, k.Scope, recorded)
	if err != nil {
		return nil, err
	}
	valid, err := passwords(ctx, p.config, k)
	if err != nil {
		return nil, err
	}
	return server, server.MakeDatabase(ctx, databaseName(k), databaseName(k), spec.TLS == tlsRequired, valid...)
}

func (p *mysqlPlane) outputs(k Key, s *mysql.Server) Outputs {
	out := Outputs{
		"host": mysql.Host, "port": s.Port(), "database": databaseName(k), "username": databaseName(k),
		"password_reference": reference(passwordName(k)),
	}
	if p.config.Certificates != nil {
		out["ca_file"] = p.config.CAFile
	}
	return out
}

func (p *mysqlPlane) stage(scope kernel.Scope) *stageServer {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, ok := p.servers[scope]
	if !ok {
		s = &stageServer{}
		p.servers[scope] = s
	}
	return s
}

// ensure returns the stage's server, started now if it was not.
func (p *mysqlPlane) ensure(ctx context.Context, scope kernel.Scope, recorded int) (*mysql.Server, error) {
	s := p.stage(scope)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.server != nil {
		return s.server, p.renewCertificate(ctx, scope, s.server)
	}
	programs, err := mysql.Find()
	if err != nil {
		return nil, err
	}
	dir := p.folder(scope)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, diskError("make the database server's folder", err)
	}
	files, _, err := certify(p.config, dir)
	if err != nil {
		return nil, err
	}
	log, err := logs.Open(filepath.Join(dir, logName), p.config.LogSize)
	if err != nil {
		return nil, diskError("open the database server's log", err)
	}
	port, err := p.ports.prefer(recorded)
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	server, err := mysql.Start(ctx, mysql.Config{
		Programs: programs, Dir: dir, Port: port, Cert: files.cert, Key: files.key, CA: files.ca, Launcher: p.launcher, Timing: p.config.Timing,
		Output: log.Writer("mariadb", func(line string) string { return line }),
	})
	if err != nil {
		p.ports.release(port)
		return nil, errors.Join(unlessKernel("start the database server", err), log.Close())
	}
	s.server, s.log = server, log
	return server, nil
}

// renewCertificate has the server have the certificate of now.
func (p *mysqlPlane) renewCertificate(ctx context.Context, scope kernel.Scope, server *mysql.Server) error {
	_, renewed, err := certify(p.config, p.folder(scope))
	if err != nil || !renewed {
		return err
	}
	return server.Certify(ctx)
}

func (p *mysqlPlane) running(scope kernel.Scope) *mysql.Server {
	s := p.stage(scope)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.server
}

func (p *mysqlPlane) observe(ctx context.Context, o Object) (Object, bool, error) {
	server := p.running(o.Scope)
	if server == nil {
		return o, false, nil // not brought back yet
	}
	has, err := server.HasDatabase(ctx, databaseName(o.Key))
	if err != nil {
		return o, false, kernel.Errorf(kernel.Unavailable, "the database server of %s does not answer: %w", o.Scope, err).
			WithFix("try again; it is started again by itself")
	}
	o.Outputs = p.outputs(o.Key, server)
	return o, !has, nil
}

func (p *mysqlPlane) remove(ctx context.Context, o Object) error {
	ended, err := p.endWithLast(ctx, o.Key)
	if err == nil && !ended {
		err = p.drop(ctx, o)
	}
	if err != nil {
		return err
	}
	return p.config.Secrets.Delete(ctx, o.Scope, passwordName(o.Key))
}

// endWithLast ends the stage's server with its data, if the stage has no other
// database than this one, neither recorded nor being made.
func (p *mysqlPlane) endWithLast(ctx context.Context, k Key) (bool, error) {
	s := p.stage(k.Scope)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.making > 0 {
		return false, nil
	}
	if last, err := p.isLast(ctx, k); !last || err != nil {
		return false, err
	}
	if err := p.stop(s); err != nil {
		return false, err
	}
	return true, diskError("remove the database server's folder", os.RemoveAll(p.folder(k.Scope)))
}

func (p *mysqlPlane) drop(ctx context.Context, o Object) error {
	server, err := p.ensure(ctx, o.Scope, number(o.Outputs["port"]))
	if err != nil {
		return err
	}
	return server.DropDatabase(ctx, databaseName(o.Key), databaseName(o.Key))
}

// isLast reports whether the stage has no other database.
func (p *mysqlPlane) isLast(ctx context.Context, k Key) (bool, error) {
	page, err := p.config.Store.List(ctx, k.Scope, k.Kind, kernel.Reach{All: true}, kernel.PageRequest{Limit: 2})
	if err != nil {
		return false, err
	}
	for _, o := range page.Items {
		if o.Name != k.Name {
			return false, nil
		}
	}
	return true, nil
}

func (p *mysqlPlane) restore(ctx context.Context, o Object) error {
	spec, err := decode[serverSpec](o.Key, o.Spec)
	if err != nil {
		return err
	}
	_, err = p.make(ctx, o.Key, spec, number(o.Outputs["port"]))
	return err
}

// end stops the stage's server; its data stays.
func (p *mysqlPlane) end(scope kernel.Scope) error {
	s := p.stage(scope)
	s.mu.Lock()
	defer s.mu.Unlock()
	return p.stop(s)
}

// stop is called with the stage's lock held.
func (p *mysqlPlane) stop(s *stageServer) error {
	if s.server == nil {
		return nil
	}
	s.server.Close()
	p.ports.release(s.server.Port())
	s.server = nil
	return s.log.Close()
}

func (p *mysqlPlane) close() error {
	p.mu.Lock()
	scopes := slices.Collect(maps.Keys(p.servers))
	p.mu.Unlock()
	return inParallel(scopes, p.end)
}

func (p *mysqlPlane) folder(scope kernel.Scope) string {
	return scopeDir(p.config.Dir, "mysql", scope)
}
