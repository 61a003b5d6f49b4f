"""What became of orders: conversion, and what it is made of."""
