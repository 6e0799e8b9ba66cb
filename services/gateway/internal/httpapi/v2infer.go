package httpapi

import (
	"net/http"
	"strconv"

	"github.com/treehouse-ml/treehouse/services/gateway/internal/oip"
)

// jsonLengthHeader is the protocol's Inference-Header-Content-Length, written
// as net/http writes headers.
const jsonLengthHeader = "Inference-Header-Content-Length"

// v2Infer answers POST /v2/models/{model}/infer.
func (s *Server) v2Infer(c *call) error {
	length := -1
	if header := c.r.Header.Get(jsonLengthHeader); header != "" {
		n, err := strconv.ParseUint(header, 10, 31)
		if err != nil {
			return badRequest("the header %s is %q; expected a number of bytes", jsonLengthHeader, header)
		}
		length = int(n)
	}
	body, err := c.readBody(true)
	if err != nil {
		return err
	}
	req, err := oip.Decode(body, length, oip.Limits{Rows: s.o.Rows.Rows, Cells: s.o.Rows.Cells})
	if err != nil {
		return err
	}
	req.Message.ModelName, req.Message.ModelVersion = c.model, c.version
	if err := c.charge(0, rowsOf(req.Message.GetInputs())); err != nil {
		return err
	}
	c.span.Event("decoded")
	resp, err := s.inference.ModelInfer(c.ctx, req.Message, c.callOptions[:]...)
	c.tellLimits(err)
	if err != nil {
		return err
	}
	c.span.Event("predicted")
	c.answered = answeredBy(resp.GetModelName(), resp.GetModelVersion())
	out, length, err := req.AppendResponse(c.out[:0], resp)
	if err != nil {
		return err
	}
	c.out = out
	c.name(resp.GetParameters()["prediction_id"].GetStringParam())
	if outputs := resp.GetOutputs(); len(outputs) > 0 && len(outputs[0].GetShape()) > 0 {
		c.rows = int(outputs[0].GetShape()[0])
	}
	header := c.w.Header()
	header["Content-Type"] = jsonType
	if length >= 0 {
		header["Content-Type"] = binaryType
		header[jsonLengthHeader] = []string{strconv.Itoa(length)}
	}
	return c.writeCompressed(http.StatusOK, c.out)
}
