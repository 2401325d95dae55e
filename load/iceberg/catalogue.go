package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/catalog"
	_ "github.com/apache/iceberg-go/catalog/rest" // registers itself
	sqlcatalog "github.com/apache/iceberg-go/catalog/sql"
	_ "github.com/apache/iceberg-go/io/gocloud/s3" // and s3://
	_ "github.com/jackc/pgx/v5/stdlib"             // and pgx
	_ "modernc.org/sqlite"                         // and sqlite
)

// Secrets of REST catalogues, as their property has them.
var secretVariables = map[string]string{
	"token":      "SPACESETL_ICEBERG_TOKEN",
	"credential": "SPACESETL_ICEBERG_CREDENTIAL",
}

// place says where the tables are.
type place struct {
	uri, name, namespace, warehouse string
	properties                      []string
	env                             func(string) string
}

// catalogue is an open one.
type catalogue struct {
	catalog.Catalog
	namespace  []string
	properties iceberg.Properties
	close      func()
}

// open opens the catalogue. Secrets come from the environment alone, and from where the
// libraries look for them: PGPASSWORD, ~/.pgpass, AWS_PROFILE.
func (p *place) open(ctx context.Context) (*catalogue, error) {
	props, err := p.props()
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(p.uri)
	if err != nil || u.Scheme == "" {
		return nil, &usageError{"--catalog: want sqlite:///FILE, postgresql://… or https://…"}
	}
	_, secret := u.User.Password()
	secret = secret || u.User != nil && strings.HasPrefix(u.Scheme, "http")
	for key := range u.Query() {
		secret = secret || secretive(key)
	}
	if secret {
		return nil, &usageError{"--catalog: leave out the password: it belongs into PGPASSWORD or ~/.pgpass, those of REST catalogues into " + secretVariables["credential"]}
	}
	c := &catalogue{namespace: strings.Split(p.namespace, "."), properties: props}
	switch u.Scheme {
	case "http", "https":
		props["type"], props["uri"], props["warehouse"] = "rest", p.uri, p.warehouse
		for key, variable := range secretVariables {
			if value := p.env(variable); value != "" {
				props[key] = value
			}
		}
		c.close = func() {}
		c.Catalog, err = catalog.Load(ctx, p.name, props)
		return c, err
	case "sqlite", "postgres", "postgresql":
		return c, c.openSQL(p, u)
	}
	return nil, &usageError{"--catalog: " + u.Scheme + " is no kind of catalogue: want sqlite:///FILE, postgresql://… or https://…"}
}

// openSQL opens a catalogue that is in a database.
func (c *catalogue) openSQL(p *place, u *url.URL) error {
	warehouse, err := location(p.warehouse)
	if err != nil {
		return err
	}
	c.properties["warehouse"], c.properties["init_catalog_tables"] = warehouse, "true"
	driver, dialect, dsn := "pgx", sqlcatalog.Postgres, "postgres"+strings.TrimPrefix(p.uri, u.Scheme)
	if u.Scheme == "sqlite" { // three slashes before a relative path, as SQLAlchemy has it
		file := strings.TrimPrefix(u.Path, "/")
		if u.Host != "" || file == "" {
			return &usageError{"--catalog: want sqlite:///FILE, of an absolute path sqlite:////FILE"}
		}
		if _, err := os.Stat(filepath.Dir(file)); err != nil {
			return &usageError{fmt.Sprintf("--catalog: there is no folder %s: an absolute path has four slashes, sqlite:////srv/catalog.db", filepath.Dir(file))}
		}
		driver, dialect = "sqlite", sqlcatalog.SQLite
		dsn = (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: file}).EscapedPath(), RawQuery: "_pragma=busy_timeout(30000)"}).String()
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return err
	}
	c.close = func() { _ = db.Close() }
	if c.Catalog, err = sqlcatalog.NewCatalog(p.name, db, dialect, c.properties); err != nil {
		c.close()
	}
	return err
}

// location makes an URI of a folder of this machine.
func location(place string) (string, error) {
	if place == "" {
		return "", &usageError{"--warehouse: name the folder of the tables' metadata"}
	}
	if strings.Contains(place, "://") {
		return strings.TrimSuffix(place, "/"), nil
	}
	path, err := filepath.Abs(place)
	path = filepath.ToSlash(path)
	if (&url.URL{Path: path}).EscapedPath() != path { // some readers take %20 for a blank, others for what it is
		return "", &usageError{fmt.Sprintf("--warehouse: %s: use a folder whose path is of letters, digits, - and _ alone", path)}
	}
	return "file://" + path, err
}

// props are those that somebody gave, of which none is a secret.
func (p *place) props() (iceberg.Properties, error) {
	props := iceberg.Properties{}
	for _, property := range p.properties {
		key, value, found := strings.Cut(property, "=")
		if !found || key == "" {
			return nil, &usageError{"--property: want KEY=VALUE"}
		}
		if secretive(key) {
			return nil, &usageError{fmt.Sprintf("--property: %s may be a secret: of REST catalogues use %s or %s, of S3 what the AWS tools use",
				key, secretVariables["credential"], secretVariables["token"])}
		}
		props[key] = value
	}
	return props, nil
}

// secretive reports whether the value of a setting may be a secret.
func secretive(key string) bool {
	return slices.ContainsFunc([]string{"token", "credential", "secret", "password", "authorization", "access-key", "account-key", "sas"}, func(word string) bool {
		return strings.Contains(strings.ToLower(key), word)
	})
}

// holder names the lists of the files that are held for the tables.
func (p *place) holder() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{p.uri, p.name, p.namespace, p.warehouse}, "\n")))
	return fmt.Sprintf("iceberg-%x", sum[:6])
}

// hide takes secrets out of an error.
func (p *place) hide(err error) error {
	var wrong *usageError
	if errors.As(err, &wrong) {
		return err
	}
	var secrets []string
	for _, variable := range append(slices.Collect(maps.Values(secretVariables)), "PGPASSWORD", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN") {
		value := p.env(variable)
		_, secret, _ := strings.Cut(value, ":")
		secrets = append(secrets, value, secret)
	}
	text := err.Error()
	for _, secret := range secrets {
		if secret != "" {
			text = strings.NewReplacer(secret, "***", url.QueryEscape(secret), "***").Replace(text)
		}
	}
	return hidden{err, text}
}

// hidden is an error whose text has no secret.
type hidden struct {
	error
	text string
}

func (e hidden) Error() string { return e.text }
func (e hidden) Unwrap() error { return e.error }
