package postgres

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// LockedError says that another process publishes to the schema.
type LockedError struct {
	Schema string
	Holder string // as the server knows it; may be empty
}

func (e *LockedError) Error() string {
	holder := "another process"
	if e.Holder != "" {
		holder += " (" + e.Holder + ")"
	}
	return fmt.Sprintf("postgres: schema %s: %s is publishing to it: run again when it is done; nothing is lost, what was fetched is kept", e.Schema, holder)
}

// NewerError says that a newer version of the program made the schema.
type NewerError struct{ Schema, What string }

func (e *NewerError) Error() string {
	return fmt.Sprintf("postgres: schema %s was made by a newer version of spacesetl (%s): update this one, or name another schema", e.Schema, e.What)
}

// secrets are texts that no error may have.
type secrets []string

// hide takes them out of a text.
func (s secrets) hide(text string) string {
	for _, secret := range s {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	return text
}

// parse reads the settings. The errors of the library can have all of them.
func parse(setting string) (cfg *pgconn.Config, s secrets, err error) {
	cfg, err = pgconn.ParseConfig(setting)
	if err == nil {
		return cfg, secretsOf(cfg.Password), nil
	}
	const what = "postgres: the connection settings cannot be read"
	u, wrong := url.Parse(setting)
	if setting != "" && (wrong != nil || u.Host == "") {
		return nil, nil, errors.New(what + ": want postgres://user:password@host:port/database or key=value settings")
	}
	password, _ := u.User.Password()
	s = secretsOf(password, u.User.String(), setting, u.RawQuery)
	for _, values := range u.Query() {
		s = append(s, secretsOf(values...)...)
	}
	if inner := errors.Unwrap(err); inner != nil {
		err = inner
	}
	return nil, nil, fmt.Errorf("%s: %s", what, s.hide(err.Error()))
}

// secretsOf has them as they are and as URLs have them, long ones first.
func secretsOf(texts ...string) (s secrets) {
	for _, text := range texts {
		s = append(s, text, url.QueryEscape(text), url.PathEscape(text))
	}
	slices.SortFunc(s, func(a, b string) int { return len(b) - len(a) })
	return s
}

// hidden is an error whose text has no secret.
type hidden struct {
	error
	text string
}

func (e hidden) Error() string { return e.text }
func (e hidden) Unwrap() error { return e.error }

// isLockTimeout reports whether the server gave up waiting for a lock.
func isLockTimeout(err error) bool {
	var answer *pgconn.PgError
	return errors.As(err, &answer) && answer.Code == "55P03"
}
