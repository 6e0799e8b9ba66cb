"""The request and the answer that both Python servers share."""

from pydantic import BaseModel


class House(BaseModel):
    longitude: float
    latitude: float
    housing_median_age: float
    total_rooms: float
    total_bedrooms: float | None
    population: float
    households: float
    median_income: float
    ocean_proximity: str


class Price(BaseModel):
    prediction: float
