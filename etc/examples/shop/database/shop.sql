CREATE ROLE shop LOGIN;
CREATE DATABASE shop OWNER shop;
\connect shop
SET ROLE shop;

-- The customer chooses the key, and repeats an order by it until it is acknowledged.
CREATE TABLE orders (
  key     text PRIMARY KEY,
  item    text NOT NULL,
  repeats integer NOT NULL DEFAULT 0,
  placed  timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- What is sent out. Nothing here keeps an order from being sent twice: the transaction does.
CREATE TABLE parcels (
  number  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  key     text NOT NULL
);
