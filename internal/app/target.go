package app

import (
	"time"

	"github.com/terrace-idp/terrace/internal/target/local"
	"github.com/terrace-idp/terrace/internal/target/local/localsql"
)

// newLocal makes the target that runs workloads on this machine, and has it told
// of secrets that change.
func newLocal(p *platform, a *access, f *fabric, d *delivery, w *workloadAPI) (*local.Service, error) {
	_, port, err := splitAddress(p.config.Gateway)
	if err != nil {
		return nil, err
	}
	s, err := local.New(local.Config{
		Dir:   p.path("local"),
		Store: localsql.NewStore(p.db, p.sealer), Tx: p.db, Journal: a.journal, Authorizer: a.identity,
		Fences: d.runs, Artifacts: localArtifacts{d.releases}, Secrets: localSecrets{f.secrets},
		DNS: localDNS{f.dns}, Gateway: localGateway{f.gateway, port}, Topics: localTopics{f.topics, f.nats}, Documents: localDocuments{f.documents, p.address()}, Configs: localConfigs{d.configs, p.address(), p.clusterURL(), d.stages}, Clusters: d.clusters,
		Places: places{a.tenants, d.stages}, Certificates: localCertificates{f.authority, p.config.Zone}, CAFile: f.pki.RootPath(),
		Backups: localsql.NewBackups(p.db, p.sealer, p.blobs), BackupEvery: time.Duration(p.config.BackupEvery), BackupsKept: p.config.BackupsKept,
		CredentialLife: time.Duration(p.config.CredentialLife), Said: d.said.Service, Log: p.log, Zone: p.config.Zone,
		WorkloadAPI: w.path,
		Rollouts:    localRollouts{d.stages}, Answers: localAnswers{&f.instances}, Approvals: d.runs,
	})
	if err != nil {
		return nil, err
	}
	f.secrets.Changed, w.processes = s.SecretChanged, s
	return s, nil
}
