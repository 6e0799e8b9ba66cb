package quota

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// A location is a Redis.
type location struct {
	address  string // host:port
	host     string
	db       int
	user     string
	overTLS  bool
	password string // file
	ca       string // file
}

// parseRedis reads redis://user@host:port/db, or rediss:// for TLS. A password
// in it is refused: it would stand in the process list.
func parseRedis(s string) (*location, error) {
	u, err := url.Parse(s)
	form := errors.New("expected redis://host:6379, or rediss:// for TLS, with user@ and /database where needed")
	if err != nil { // whose text may hold a password
		return nil, form
	}
	if _, set := u.User.Password(); set {
		return nil, errors.New("it has a password; expected it in the file of redis-password-file")
	}
	l := &location{host: u.Hostname(), user: u.User.Username(), overTLS: u.Scheme == "rediss"}
	if u.Scheme != "redis" && u.Scheme != "rediss" || l.host == "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q; %w", u.Redacted(), form)
	}
	port := u.Port()
	if port == "" {
		port = "6379"
	}
	l.address = net.JoinHostPort(l.host, port)
	if db := strings.TrimPrefix(u.Path, "/"); db != "" {
		if l.db, err = strconv.Atoi(db); err != nil || l.db < 0 || l.db > 1000 {
			return nil, fmt.Errorf("the database is %q; expected a number", db)
		}
	}
	return l, nil
}

// validateRedis rejects what would fail when Redis is asked.
func (o *Options) validateRedis() (*location, error) {
	if o.Redis == "" {
		if o.RedisPassword != "" || o.RedisCA != "" {
			return nil, errors.New("redis-password-file or redis-ca is set without redis; expected both or neither")
		}
		return nil, nil
	}
	l, err := parseRedis(o.Redis)
	switch {
	case err != nil:
		return nil, fmt.Errorf("redis: %w", err)
	case o.RedisCA != "" && !l.overTLS:
		return nil, errors.New("redis-ca is set, but redis is plain text; expected rediss://")
	case o.RedisTimeout < 0:
		return nil, fmt.Errorf("redis-timeout is %v; expected 0 or more", o.RedisTimeout)
	}
	l.password, l.ca = o.RedisPassword, o.RedisCA
	return l, nil
}

// connect makes a client. It does not wait for Redis, nor fail without it.
func (l *location) connect(o *Options) (*redis.Client, error) {
	silence()
	options := &redis.Options{
		Addr: l.address, DB: l.db, Protocol: 2, DisableIdentity: true,
		DialTimeout: dialTimeout, ReadTimeout: o.RedisTimeout, WriteTimeout: o.RedisTimeout, PoolTimeout: o.RedisTimeout,
		ContextTimeoutEnabled: true, MaxRetries: -1, PoolSize: 32, DialerRetries: 1,
	}
	if l.password != "" || l.user != "" {
		options.CredentialsProviderContext = func(context.Context) (string, string, error) { return l.credentials() }
		if _, _, err := l.credentials(); err != nil {
			return nil, err
		}
	}
	if l.overTLS {
		options.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: l.host}
		if l.ca != "" {
			pem, err := os.ReadFile(l.ca)
			if err != nil {
				return nil, fmt.Errorf("redis-ca: %w", err)
			}
			options.TLSConfig.RootCAs = x509.NewCertPool()
			if !options.TLSConfig.RootCAs.AppendCertsFromPEM(pem) {
				return nil, fmt.Errorf("redis-ca: %s holds no certificate in PEM format", l.ca)
			}
		}
	}
	return redis.NewClient(options), nil
}

// credentials are read for each connection, so that a password can be replaced.
func (l *location) credentials() (user, password string, err error) {
	if l.password == "" {
		return l.user, "", nil
	}
	data, err := os.ReadFile(l.password)
	if err != nil {
		return "", "", fmt.Errorf("redis-password-file: %w", err)
	}
	return l.user, strings.TrimRight(string(data), "\r\n"), nil
}
