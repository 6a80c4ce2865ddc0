// Package documentdynamo keeps documents in a table of Amazon DynamoDB.
//
// It owns the form of the table's items: one of each document, and one of each value that
// an index is on, in a partition of the index, written in one transaction. A table serves
// all tenants; the place is the begin of every partition key.
package documentdynamo

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/terrace-idp/terrace/internal/fabric/document"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	defaultTable = "terrace-documents"
	// callTimeout bounds a call with all its tries.
	callTimeout = 20 * time.Second
	// readyTimeout bounds how long a new table is waited for.
	readyTimeout = 2 * time.Minute
)

// Store implements document.Store.
type Store struct {
	client *dynamodb.Client
	table  string
}

var _ document.Store = (*Store)(nil)

// Open opens the table at dynamodb://?region=…&table=…&endpoint=…, and makes it where it is
// missing. Credentials are those of the machine, as the tools of AWS find them, or are in
// the URL as ID:SECRET@. endpoint is another address than that of AWS.
func Open(ctx context.Context, u *url.URL) (*Store, error) {
	q := u.Query()
	options := []func(*config.LoadOptions) error{}
	if region := q.Get("region"); region != "" {
		options = append(options, config.WithRegion(region))
	}
	if secret, ok := u.User.Password(); ok {
		options = append(options, config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(u.User.Username(), secret, "")))
	}
	loaded, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, kernel.Errorf(kernel.Invalid, "DynamoDB cannot be used: %w", err)
	}
	if loaded.Region == "" {
		return nil, kernel.Errorf(kernel.Invalid, "the URL of DynamoDB has no region").WithFix("write dynamodb://?region=eu-central-1&table=%s", defaultTable)
	}
	s := &Store{table: q.Get("table")}
	if s.table == "" {
		s.table = defaultTable
	}
	s.client = dynamodb.NewFromConfig(loaded, func(o *dynamodb.Options) {
		if endpoint := q.Get("endpoint"); endpoint != "" {
			o.BaseEndpoint = aws.String(endpoint)
		}
	})
	return s, s.ensure(ctx)
}

// ensure makes the table where it is missing.
func (s *Store) ensure(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	_, err := s.client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &s.table})
	if _, missing := errors.AsType[*types.ResourceNotFoundException](err); !missing {
		return mapped(err)
	}
	_, err = s.client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: &s.table, BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String(partition), AttributeType: types.ScalarAttributeTypeS}, {AttributeName: aws.String(sort), AttributeType: types.ScalarAttributeTypeS},
		},
		KeySchema: []types.KeySchemaElement{{AttributeName: aws.String(partition), KeyType: types.KeyTypeHash}, {AttributeName: aws.String(sort), KeyType: types.KeyTypeRange}},
	})
	if _, made := errors.AsType[*types.ResourceInUseException](err); err != nil && !made { // by another process
		return mapped(err)
	}
	if err := dynamodb.NewTableExistsWaiter(s.client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 100*time.Millisecond, 5*time.Second
	}).
		Wait(ctx, &dynamodb.DescribeTableInput{TableName: &s.table}, readyTimeout); err != nil {
		return mapped(err)
	}
	_, err = s.client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName: &s.table, TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String(removed), Enabled: aws.Bool(true)},
	})
	if e, ok := errors.AsType[smithy.APIError](err); ok && e.ErrorCode() == "UnknownOperationException" {
		return nil // a server that only speaks the protocol; what is over stays there, unseen
	}
	return mapped(err)
}

// Prepare implements document.Store: one form of items serves all indexes.
func (s *Store) Prepare(context.Context, document.Collection) error { return nil }

// Limits implements document.Store.
func (s *Store) Limits() document.Limits { return document.Limits{Driver: "dynamodb", Atomic: true} }

// Sweep implements document.Store: DynamoDB removes what is over by itself, within days.
func (s *Store) Sweep(context.Context, time.Time, int) (int, error) { return 0, nil }

// Ping implements document.Store.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err := s.client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &s.table})
	return mapped(err)
}

// mapped gives an error of DynamoDB its kind.
func mapped(err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*types.ResourceNotFoundException](err); ok {
		return kernel.Errorf(kernel.Unavailable, "the table of documents is not there: %w", e)
	}
	failed := kernel.Errorf(kernel.Unavailable, "DynamoDB does not do what it is asked for")
	failed.Err = fmt.Errorf("dynamodb: %w", err)
	return failed.WithFix("try again in a moment; if it stays, tell whoever runs Terrace")
}
