package topicsql

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/fabric/topic"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db"
)

func cursorOf(e topic.EventSchema) string { return e.Type + "/" + strconv.Itoa(e.Version) }

type grantRow struct {
	bun.BaseModel `bun:"table:topic_grants"`

	Tenant   string `bun:",pk"`
	Project  string `bun:",pk"`
	Stage    string `bun:",pk"`
	Topic    string `bun:",pk"`
	Name     string `bun:",pk"`
	Revision int64
	// EndsAt is when the first of its credentials ends.
	EndsAt time.Time `bun:",nullzero"`
	Body   string
	// Hashes are those of the passwords, in the order of the credentials.
	Hashes string
}

func grantRowOf(t topic.Topic, g topic.Grant) (r grantRow, err error) {
	r = grantRow{Tenant: t.Scope.Tenant, Project: t.Scope.Project, Stage: t.Scope.Stage, Topic: t.Name, Name: g.Name, Revision: g.Revision + 1}
	hashes := make([]string, len(g.Credentials))
	for i, c := range g.Credentials {
		hashes[i] = c.Hash
		if c.Until != nil && (r.EndsAt.IsZero() || c.Until.Before(r.EndsAt)) {
			r.EndsAt = *c.Until
		}
	}
	if r.Hashes, err = db.Encode(hashes, "grant "+g.Name); err != nil {
		return r, err
	}
	r.Body, err = db.Encode(g, "grant "+g.Name)
	return r, err
}

func (r grantRow) grant() (g topic.Grant, err error) {
	var hashes []string
	if err = db.Decode(r.Hashes, &hashes, "grant "+r.Name); err != nil {
		return g, err
	}
	err = db.Decode(r.Body, &g, "grant "+r.Name)
	g.Name, g.Revision = r.Name, r.Revision
	for i := range g.Credentials {
		if i < len(hashes) {
			g.Credentials[i].Hash = hashes[i]
		}
	}
	return g, err
}

// InsertGrant implements topic.Grants.
func (s *Store) InsertGrant(ctx context.Context, t topic.Topic, g topic.Grant) error {
	r, err := grantRowOf(t, g)
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewInsert().Model(&r).Exec(ctx)
	return db.Map(err, "grant "+g.Name)
}

// SaveGrant implements topic.Grants.
func (s *Store) SaveGrant(ctx context.Context, t topic.Topic, g topic.Grant) error {
	r, err := grantRowOf(t, g)
	if err != nil {
		return err
	}
	result, err := s.db.Conn(ctx).NewUpdate().Model(&r).Column("revision", "ends_at", "body", "hashes").WherePK().Where("revision = ?", g.Revision).Exec(ctx)
	return saved(result, err, "grant "+g.Name)
}

// Grant implements topic.Grants.
func (s *Store) Grant(ctx context.Context, t topic.Topic, name string) (topic.Grant, error) {
	var r grantRow
	err := s.db.Reader(ctx).NewSelect().Model(&r).Where(ofTopic+" AND name = ?", t.Scope.Tenant, t.Scope.Project, t.Scope.Stage, t.Name, name).Scan(ctx)
	if err != nil {
		return topic.Grant{}, db.Map(err, "grant "+name)
	}
	return r.grant()
}

// GrantsOf implements topic.Grants.
func (s *Store) GrantsOf(ctx context.Context, t topic.Topic) ([]topic.Grant, error) {
	var rows []grantRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where(ofTopic, t.Scope.Tenant, t.Scope.Project, t.Scope.Stage, t.Name).Order("name").Scan(ctx)
	return db.Each(rows, err, "the grants", grantRow.grant)
}

// DeleteGrant implements topic.Grants.
func (s *Store) DeleteGrant(ctx context.Context, t topic.Topic, name string) error {
	result, err := s.db.Conn(ctx).NewDelete().Model((*grantRow)(nil)).Where(ofTopic+" AND name = ?", t.Scope.Tenant, t.Scope.Project, t.Scope.Stage, t.Name, name).Exec(ctx)
	return db.Changed(result, err, "grant "+name)
}

// EndingGrants implements topic.Grants.
func (s *Store) EndingGrants(ctx context.Context, before time.Time, after topic.OfTopic, limit int) ([]topic.OfTopic, error) {
	var rows []grantRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where("ends_at IS NOT NULL AND ends_at <= ?", before).
		Where("(tenant, project, stage, topic, name) > (?, ?, ?, ?, ?)", after.Scope.Tenant, after.Scope.Project, after.Scope.Stage, after.Topic, after.Name).
		Order("tenant", "project", "stage", "topic", "name").Limit(int64(limit)).Scan(ctx)
	return db.Each(rows, err, "the grants", func(r grantRow) (topic.OfTopic, error) {
		return topic.OfTopic{Scope: kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}, Topic: r.Topic, Name: r.Name}, nil
	})
}

type subscriptionRow struct {
	bun.BaseModel `bun:"table:topic_subscriptions"`

	Tenant  string `bun:",pk"`
	Project string `bun:",pk"`
	Stage   string `bun:",pk"`
	Topic   string `bun:",pk"`
	Name    string `bun:",pk"`
	Mode    string
	Status  string
	// RedriveEnds are offsets by partition, as JSON.
	RedriveEnds string
	Revision    int64
	Body        string
	Sealed      []byte
}

func subscriptionRowOf(t topic.Topic, sub topic.Subscription) (subscriptionRow, error) {
	body, err := db.Encode(sub, "subscription "+sub.Name)
	if err != nil {
		return subscriptionRow{}, err
	}
	ends, err := db.Encode(append([]uint64{}, sub.Redrive...), "subscription "+sub.Name)
	return subscriptionRow{
		Tenant: t.Scope.Tenant, Project: t.Scope.Project, Stage: t.Scope.Stage, Topic: t.Name, Name: sub.Name,
		Mode: string(sub.Mode), Status: string(sub.Status), RedriveEnds: ends, Revision: sub.Revision + 1, Body: body, Sealed: sub.Sealed,
	}, err
}

func (r subscriptionRow) subscription() (sub topic.Subscription, err error) {
	if err = db.Decode(r.RedriveEnds, &sub.Redrive, "subscription "+r.Name); err != nil {
		return sub, err
	}
	err = db.Decode(r.Body, &sub, "subscription "+r.Name)
	sub.Name, sub.Mode, sub.Status = r.Name, topic.Mode(r.Mode), topic.Status(r.Status)
	sub.Revision, sub.Sealed = r.Revision, r.Sealed
	return sub, err
}

func (r subscriptionRow) of() (topic.OfTopic, error) {
	return topic.OfTopic{Scope: kernel.Scope{Tenant: r.Tenant, Project: r.Project, Stage: r.Stage}, Topic: r.Topic, Name: r.Name}, nil
}

// InsertSubscription implements topic.Subscriptions.
func (s *Store) InsertSubscription(ctx context.Context, t topic.Topic, sub topic.Subscription) error {
	r, err := subscriptionRowOf(t, sub)
	if err != nil {
		return err
	}
	_, err = s.db.Conn(ctx).NewInsert().Model(&r).Exec(ctx)
	return db.Map(err, "subscription "+sub.Name)
}

// SaveSubscription implements topic.Subscriptions.
func (s *Store) SaveSubscription(ctx context.Context, t topic.Topic, sub topic.Subscription) error {
	r, err := subscriptionRowOf(t, sub)
	if err != nil {
		return err
	}
	result, err := s.db.Conn(ctx).NewUpdate().Model(&r).Column("mode", "status", "redrive_ends", "revision", "body", "sealed").WherePK().Where("revision = ?", sub.Revision).Exec(ctx)
	return saved(result, err, "subscription "+sub.Name)
}

// Subscription implements topic.Subscriptions.
func (s *Store) Subscription(ctx context.Context, t topic.Topic, name string) (topic.Subscription, error) {
	var r subscriptionRow
	err := s.db.Reader(ctx).NewSelect().Model(&r).Where(ofTopic+" AND name = ?", t.Scope.Tenant, t.Scope.Project, t.Scope.Stage, t.Name, name).Scan(ctx)
	if err != nil {
		return topic.Subscription{}, db.Map(err, "subscription "+name)
	}
	return r.subscription()
}

// SubscriptionsOf implements topic.Subscriptions.
func (s *Store) SubscriptionsOf(ctx context.Context, t topic.Topic) ([]topic.Subscription, error) {
	var rows []subscriptionRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).Where(ofTopic, t.Scope.Tenant, t.Scope.Project, t.Scope.Stage, t.Name).Order("name").Scan(ctx)
	return db.Each(rows, err, "the subscriptions", subscriptionRow.subscription)
}

// DeleteSubscription implements topic.Subscriptions.
func (s *Store) DeleteSubscription(ctx context.Context, t topic.Topic, name string) error {
	for _, dead := range []bool{false, true} {
		if err := s.ForgetAllAttempts(ctx, topic.AttemptsOf{Topic: t, Subscription: name, Dead: dead}); err != nil {
			return err
		}
	}
	result, err := s.db.Conn(ctx).NewDelete().Model((*subscriptionRow)(nil)).Where(ofTopic+" AND name = ?", t.Scope.Tenant, t.Scope.Project, t.Scope.Stage, t.Name, name).Exec(ctx)
	return db.Changed(result, err, "subscription "+name)
}

// AllSubscriptions implements topic.Subscriptions.
func (s *Store) AllSubscriptions(ctx context.Context) ([]topic.OfTopic, error) {
	var rows []subscriptionRow
	err := s.db.Reader(ctx).NewSelect().Model(&rows).ExcludeColumn("body", "sealed").Order("tenant", "project", "stage", "topic", "name").Scan(ctx)
	return db.Each(rows, err, "the subscriptions", subscriptionRow.of)
}

// served is what topic.Served says of rows with the home in the argument: that of a cluster is "".
const served = "home IN ('', ?)"

// servedBy is that the daemon of a home serves the topic which a column of a table names.
func servedBy(table, column string) string {
	return strings.NewReplacer("TABLE", table, "COLUMN", column).Replace("EXISTS (SELECT 1 FROM topics t WHERE t.tenant = TABLE.tenant AND t.project = TABLE.project AND t.stage = TABLE.stage AND t.name = TABLE.COLUMN AND t." + served + ")")
}

// ClaimPushes implements topic.Subscriptions.
func (s *Store) ClaimPushes(ctx context.Context, holder, home string, now, until time.Time) ([]topic.OfTopic, error) {
	_, err := s.db.Conn(ctx).NewRaw("UPDATE topic_subscriptions SET holder = ?, held_until = ? WHERE mode = ? AND status = ? AND (holder IN (?, '') OR held_until < ?) AND "+servedBy("topic_subscriptions", "topic"),
		holder, until, string(topic.Push), string(topic.Active), holder, now, home).Exec(ctx)
	if err != nil {
		return nil, db.Map(err, "the subscriptions")
	}
	var rows []subscriptionRow
	err = s.db.Reader(ctx).NewSelect().Model(&rows).ExcludeColumn("body", "sealed").Where("holder = ? AND mode = ? AND status = ?", holder, string(topic.Push), string(topic.Active)).Scan(ctx)
	return db.Each(rows, err, "the subscriptions", subscriptionRow.of)
}

// ReleasePushes implements topic.Subscriptions.
func (s *Store) ReleasePushes(ctx context.Context, holder string) error {
	_, err := s.db.Conn(ctx).NewRaw("UPDATE topic_subscriptions SET holder = '' WHERE holder = ?", holder).Exec(ctx)
	return db.Map(err, "the subscriptions")
}
