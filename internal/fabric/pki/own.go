package pki

import "time"

// ownView makes authorities of a process alone.
func ownView(zones []string, now time.Time) (*view, error) {
	root, err := newRoot(zones, now)
	if err != nil {
		return nil, err
	}
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	t, err := intermediateTemplate(zones, &key.PublicKey, now)
	if err != nil {
		return nil, err
	}
	cert, err := root.certify(t, &key.PublicKey)
	if err != nil {
		return nil, err
	}
	workloads, err := newWorkloads(zones[0], now)
	if err != nil {
		return nil, err
	}
	of, err := newSeed("own", root)
	if err != nil {
		return nil, err
	}
	v := &view{signer: &issuer{id: "own", cert: cert, key: key, chain: chainOf(CA{Kind: CAIntermediate, Cert: cert})}, seed: of}
	v.roots = append(v.roots, root.cert)
	v.pool = poolOf(v.roots)
	v.workloads = &issuer{id: "own-workloads", cert: workloads.cert, key: workloads.key}
	v.trust = newTrust(append(v.roots[:0:0], workloads.cert), nil)
	return v, nil
}
