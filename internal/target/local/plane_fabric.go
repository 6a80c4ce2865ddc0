package local

import (
	"context"
	"encoding/json"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// dnsPlane keeps records with Terrace's DNS.
type dnsPlane struct {
	passive

	dns  DNS
	zone string
}

func (p *dnsPlane) check(k Key, spec json.RawMessage) error {
	_, err := decode[recordSpec](k, spec)
	return err
}

func (p *dnsPlane) fqdn(k Key) string {
	return k.Name + "." + k.Scope.Stage + "." + k.Scope.Project + "." + p.zone
}

func (p *dnsPlane) apply(ctx context.Context, k Key, raw json.RawMessage, _ *Object) (change, error) {
	spec, err := decode[recordSpec](k, raw)
	if err != nil {
		return change{}, err
	}
	name := p.fqdn(k)
	if err := p.dns.PutRecord(ctx, k.Scope, Record{Name: name, Type: spec.Type, TTL: spec.TTL, Values: spec.Values}); err != nil {
		return change{}, err
	}
	kept, err := p.dns.Record(ctx, k.Scope, name, spec.Type)
	return change{outputs: Outputs{"fqdn": name, realised: fingerprint(kept)}}, err
}

func (p *dnsPlane) observe(ctx context.Context, o Object) (Object, bool, error) {
	spec, err := decode[recordSpec](o.Key, o.Spec)
	if err != nil {
		return o, false, err
	}
	r, err := p.dns.Record(ctx, o.Scope, p.fqdn(o.Key), spec.Type)
	if err != nil {
		return o, kernel.Is(err, kernel.NotFound), unlessMissing(err)
	}
	if fingerprint(r) != o.Outputs[realised] {
		o.Spec, err = json.Marshal(recordSpec{Type: r.Type, TTL: r.TTL, Values: r.Values})
	}
	return o, false, err
}

func (p *dnsPlane) remove(ctx context.Context, o Object) error {
	return p.dns.DeleteRecord(ctx, o.Scope, p.fqdn(o.Key))
}

// routePlane keeps routes with the gateway.
type routePlane struct {
	passive

	gateway Gateway
}

func (p *routePlane) check(k Key, spec json.RawMessage) error {
	_, err := decode[routeSpec](k, spec)
	return err
}

func (p *routePlane) apply(ctx context.Context, k Key, raw json.RawMessage, _ *Object) (change, error) {
	spec, err := decode[routeSpec](k, raw)
	if err != nil {
		return change{}, err
	}
	if err := p.gateway.PutRoute(ctx, k.Scope, Route{
		Name: k.Name, Host: spec.Host, Path: spec.Path, Service: spec.Service, Port: spec.Port,
	}); err != nil {
		return change{}, err
	}
	kept, url, err := p.gateway.Route(ctx, k.Scope, k.Name)
	return change{outputs: Outputs{"url": url, realised: fingerprint(kept)}}, err
}

func (p *routePlane) observe(ctx context.Context, o Object) (Object, bool, error) {
	r, url, err := p.gateway.Route(ctx, o.Scope, o.Name)
	if err != nil {
		return o, kernel.Is(err, kernel.NotFound), unlessMissing(err)
	}
	known := o.Outputs[realised]
	o.Outputs = Outputs{"url": url, realised: known}
	if fingerprint(r) != known {
		o.Spec, err = json.Marshal(map[string]string{"host": r.Host, "path": r.Path, "service": r.Service, "port": r.Port})
	}
	return o, false, err
}

func (p *routePlane) remove(ctx context.Context, o Object) error {
	return p.gateway.DeleteRoute(ctx, o.Scope, o.Name)
}

// secretPlane keeps generated secrets with the secret store.
type secretPlane struct {
	passive

	secrets Secrets
}

func (p *secretPlane) check(k Key, spec json.RawMessage) error {
	_, err := decode[secretSpec](k, spec)
	return err
}

func (p *secretPlane) apply(ctx context.Context, k Key, raw json.RawMessage, _ *Object) (change, error) {
	spec, err := decode[secretSpec](k, raw)
	if err != nil {
		return change{}, err
	}
	info, err := p.secrets.Generate(ctx, k.Scope, k.Name, spec.Length)
	return change{outputs: Outputs{"reference": reference(k.Name), "version": info.Version}}, err
}

func (p *secretPlane) observe(ctx context.Context, o Object) (Object, bool, error) {
	info, err := p.secrets.Describe(ctx, o.Scope, o.Name)
	if err != nil {
		return o, kernel.Is(err, kernel.NotFound), unlessMissing(err)
	}
	o.Outputs = Outputs{"reference": reference(o.Name), "version": info.Version}
	if info.Length > 0 {
		o.Spec, err = json.Marshal(secretSpec{Length: info.Length})
	}
	return o, false, err
}

func (p *secretPlane) remove(ctx context.Context, o Object) error {
	return p.secrets.Delete(ctx, o.Scope, o.Name)
}

// unlessMissing drops a NotFound, which is an answer and no failure.
func unlessMissing(err error) error {
	if kernel.Is(err, kernel.NotFound) {
		return nil
	}
	return err
}

// realised is the output that tells what a plane has made of a declaration: it
// may spell things its own way, and only what differs from that is drift.
const realised = "realised"

func fingerprint(v any) string {
	d, _ := kernel.DigestJSON(v) // plain structs of texts and numbers
	return string(d)
}
