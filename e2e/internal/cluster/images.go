package cluster

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// Image is the full name of one of this run's images.
func (c *Cluster) Image(name string) string { return c.Repository(name) + ":" + c.Tag }

// Repository is an image's name without its tag, as the charts' values want it.
func (c *Cluster) Repository(name string) string { return c.o.Registry + "/" + name }

// LoadImage builds an image from a directory and puts it on the cluster.
func (c *Cluster) LoadImage(ctx context.Context, image, folder string, flags ...string) error {
	words := strings.Fields(c.o.LoadImage)
	args := append(append(words[1:], image, folder), flags...)
	_, err := c.Run(ctx, nil, words[0], args...)
	return err
}

// BuildServices compiles the services outside of any container, as the
// project's images.sh does for its offline builds, and loads their images.
func (c *Cluster) BuildServices(ctx context.Context, names ...string) error {
	begin := time.Now()
	if _, err := c.Run(ctx, []string{"VERSION=" + c.Tag}, c.Path("scripts", "images.sh"), append([]string{"--prebuild"}, names...)...); err != nil {
		return err
	}
	compiled := time.Since(begin)
	for _, name := range names {
		if err := c.LoadService(ctx, name, c.Tag); err != nil {
			return err
		}
	}
	c.Say("images %s: compiled in %.1f s, built and loaded in %.1f s", strings.Join(names, ", "), compiled.Seconds(), (time.Since(begin) - compiled).Seconds())
	return nil
}

// LoadService packs a service that BuildServices compiled, under a tag.
func (c *Cluster) LoadService(ctx context.Context, name, tag string) error {
	return c.LoadImage(ctx, c.Repository(name)+":"+tag, c.o.Repository, "-f", c.Path("services", name, "Dockerfile"),
		"--build-arg", "BASE=scratch", "--build-arg", "BUILD=prebuilt", "--build-arg", "VERSION="+tag)
}

// CompressedMB is the size of a service's image as a registry stores it, in
// millions of bytes: its layers are the binary and the certificates, gzipped.
func (c *Cluster) CompressedMB(name string) (float64, error) {
	folder := c.Path("bin", "linux-"+runtime.GOARCH)
	var count counter
	w := gzip.NewWriter(&count)
	for _, file := range []string{name, "ca-certificates.crt"} {
		f, err := os.Open(filepath.Join(folder, file)) // #nosec G304 -- what BuildServices wrote
		if err != nil {
			return 0, err
		}
		_, err = io.Copy(w, f)
		_ = f.Close()
		if err != nil {
			return 0, err
		}
	}
	if err := w.Close(); err != nil {
		return 0, err
	}
	return float64(count) / 1e6, nil
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// BuildLoad compiles the load generator and loads its image, the goldens of
// the housing models in it.
func (c *Cluster) BuildLoad(ctx context.Context) error {
	begin := time.Now()
	folder, err := c.Temp("load")
	if err != nil {
		return err
	}
	if _, err := c.Run(ctx, []string{"CGO_ENABLED=0", "GOOS=linux"}, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(folder, "load"), "./e2e/load"); err != nil {
		return err
	}
	if err := copyGoldens(filepath.Join(folder, "golden"), c.Path("services", "predict", "models", "housing")); err != nil {
		return err
	}
	if err := c.LoadImage(ctx, c.Image("load"), folder, "-f", c.Path("e2e", "load", "Dockerfile")); err != nil {
		return err
	}
	c.Say("image load: %.1f s", time.Since(begin).Seconds())
	return nil
}

func copyGoldens(to, from string) error {
	goldens, err := filepath.Glob(filepath.Join(from, "*", "golden.json"))
	if err != nil || len(goldens) == 0 {
		return fmt.Errorf("%s holds no <version>/golden.json", from)
	}
	for _, golden := range goldens {
		if err := copyFile(filepath.Join(to, filepath.Base(filepath.Dir(golden)), "golden.json"), golden); err != nil {
			return err
		}
	}
	return nil
}

// copyFile makes a file that any user may read: the pods have their own.
func copyFile(to, from string) error {
	data, err := os.ReadFile(from) // #nosec G304 -- a file of this project
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil { // #nosec G301
		return err
	}
	return os.WriteFile(to, data, 0o644) // #nosec G306 G703
}
